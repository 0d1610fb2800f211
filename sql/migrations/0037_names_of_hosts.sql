-- 0037 · A node may be called as its machine: names of 63 characters, as a label of a host's name has. Breaking: no.
alter table scheduler_private.node
    drop constraint node_name_is_plain,
    add constraint node_name_is_plain check (name ~ '^[a-zA-Z0-9._-]{1,63}$');
