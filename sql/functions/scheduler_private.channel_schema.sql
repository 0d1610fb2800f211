-- The shape of a channel's settings, for json_problems.
--   kind   webhook, slack, pagerduty, email or ping
-- What is a secret can only be given by reference, ${secret:NAME}.
create or replace function scheduler_private.channel_schema(kind text) returns jsonb
language sql immutable strict parallel safe as $$
    select jsonb_build_object('type', 'object', 'additionalProperties', false) || case kind
        when 'webhook' then '{
              "required": ["url"],
              "properties": {
                "url": {"type": "string", "pattern": "^(https?://|\\$\\{secret:)", "maxLength": 2000, "expected": "an http or https URL"},
                "secret": {"type": "string", "pattern": "^\\$\\{secret:[A-Za-z0-9_-][A-Za-z0-9_.-]*\\}$", "expected": "a secret by reference, ${secret:NAME}"},
                "headers": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 2000}}
              }
            }'::jsonb
        when 'slack' then '{
              "required": ["url"],
              "properties": {
                "url": {"type": "string", "pattern": "^(https?://(?!hooks\\.slack\\.com)|\\$\\{secret:)", "maxLength": 2000,
                        "expected": "an http or https URL; Slack''s own are secrets: ${secret:NAME}"}
              }
            }'::jsonb
        when 'pagerduty' then '{
              "required": ["routing_key"],
              "properties": {
                "routing_key": {"type": "string", "pattern": "^\\$\\{secret:[A-Za-z0-9_-][A-Za-z0-9_.-]*\\}$",
                                "expected": "a secret by reference, ${secret:NAME}"},
                "url": {"type": "string", "pattern": "^https?://", "maxLength": 2000, "expected": "an http or https URL"}
              }
            }'::jsonb
        when 'email' then '{
              "required": ["to"],
              "properties": {
                "to": {"type": "array", "minItems": 1, "maxItems": 50,
                       "items": {"type": "string", "pattern": "^[^@\\s<>,;]+@[^@\\s<>,;]+$", "maxLength": 254, "expected": "a mail address"}},
                "subject_prefix": {"type": "string", "pattern": "^[^\\r\\n]*$", "maxLength": 100, "expected": "one line"}
              }
            }'::jsonb
        when 'ping' then '{
              "required": ["url"],
              "properties": {
                "url": {"type": "string", "pattern": "^(https?://|\\$\\{secret:)", "maxLength": 2000,
                        "expected": "an http or https URL, in which {job} stands for the job''s name"},
                "heartbeat": {"type": "string", "duration": {"shortest": 1, "longest": 86400, "expected": "1s to 24h"},
                              "expected": "a duration such as 1m"}
              }
            }'::jsonb
    end
$$;
