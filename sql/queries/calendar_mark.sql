-- Note why a calendar cannot be read.  $1 text name, $2 text problem, null: it can. Makes no new version.
update scheduler.calendar c set problem = $2 where c.name = $1 and c.problem is distinct from $2
