-- The shape of a job's JSON columns, for json_problems. Made from the records that job files are read into: ./dev schema writes it anew.
--   name   the column
-- Returns null for a column without a shape of its own.
create or replace function scheduler_private.column_schema(name text) returns jsonb
language sql immutable strict parallel safe as $$
    select case name
        when 'guard' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [],
              "properties": {
                "max_rows": {
                  "type": [
                    "integer",
                    "null"
                  ],
                  "minimum": 1
                },
                "max_fraction": {
                  "type": [
                    "number",
                    "null"
                  ],
                  "exclusiveMinimum": 0,
                  "maximum": 1
                },
                "band": {
                  "type": [
                    "number",
                    "null"
                  ],
                  "minimum": 0,
                  "maximum": 1000000000
                },
                "dry_run": {
                  "type": [
                    "boolean",
                    "null"
                  ]
                }
              }
            }'::jsonb
        when 'retry' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [],
              "properties": {
                "attempts": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 20
                },
                "delay": {
                  "type": "string",
                  "duration": {
                    "shortest": 0,
                    "longest": 86400,
                    "expected": "0s to 1d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "backoff": {
                  "type": "string",
                  "expected": "one of exponential, constant",
                  "enum": [
                    "exponential",
                    "constant"
                  ]
                },
                "max_delay": {
                  "type": "string",
                  "duration": {
                    "shortest": 0,
                    "longest": 86400,
                    "expected": "0s to 1d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                }
              }
            }'::jsonb
        when 'concurrency' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [
                "group",
                "limit"
              ],
              "properties": {
                "group": {
                  "type": "string",
                  "pattern": "^(?:[a-z0-9._/-]{1,200})$"
                },
                "limit": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 1000
                }
              }
            }'::jsonb
        when 'expect' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [],
              "properties": {
                "success_within": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "duration": {
                    "shortest": 1,
                    "longest": 31536000,
                    "expected": "1s to 365d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "start_within": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "duration": {
                    "shortest": 1,
                    "longest": 31536000,
                    "expected": "1s to 365d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "duration_below": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "duration": {
                    "shortest": 1,
                    "longest": 31536000,
                    "expected": "1s to 365d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                }
              }
            }'::jsonb
        when 'notify' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [
                "on",
                "to"
              ],
              "properties": {
                "on": {
                  "type": "array",
                  "items": {
                    "type": "string",
                    "expected": "one of failure, recovery, success, missed, skip, lost, guard, incident, start",
                    "enum": [
                      "failure",
                      "recovery",
                      "success",
                      "missed",
                      "skip",
                      "lost",
                      "guard",
                      "incident",
                      "start"
                    ]
                  },
                  "minItems": 1,
                  "maxItems": 20
                },
                "to": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  },
                  "minItems": 1,
                  "maxItems": 20
                }
              }
            }'::jsonb
        when 'for_each' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [
                "relation"
              ],
              "properties": {
                "relation": {
                  "type": "string",
                  "minLength": 1,
                  "maxLength": 130
                },
                "where": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "minLength": 1,
                  "maxLength": 1000
                }
              }
            }'::jsonb
    end
$$;
