-- The shape of the maps of snapshot.node, for json_problems. Made from the records they are read into: ./dev schema writes it anew.
--   name   the column
create or replace function snapshot.node_schema(name text) returns jsonb
language sql immutable strict parallel safe as $$
    select case name
        when 'endpoints' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [],
              "properties": {
                "rpc": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "beacon": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "url": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "values": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "string"
                  }
                },
                "argv": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "headers": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "string"
                  }
                },
                "timeout": {
                  "type": "string",
                  "duration": {
                    "shortest": 1,
                    "longest": 60,
                    "expected": "1s to 1m"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                }
              }
            }'::jsonb
        when 'agent' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [
                "kind"
              ],
              "properties": {
                "kind": {
                  "type": "string",
                  "expected": "one of rclone, command",
                  "enum": [
                    "rclone",
                    "command"
                  ]
                },
                "url": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "user": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "password": {
                  "type": [
                    "string",
                    "null"
                  ]
                },
                "options": {
                  "type": "object",
                  "additionalProperties": {
                    "type": "string"
                  }
                },
                "start": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "status": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "stop": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "list": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "remove": {
                  "type": "array",
                  "items": {
                    "type": "string"
                  }
                },
                "timeout": {
                  "type": "string",
                  "duration": {
                    "shortest": 1,
                    "longest": 60,
                    "expected": "1s to 1m"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                }
              }
            }'::jsonb
        when 'limits' then '{
              "type": "object",
              "additionalProperties": false,
              "required": [],
              "properties": {
                "bandwidth": {
                  "type": [
                    "string",
                    "null"
                  ],
                  "pattern": "^(?:^[1-9][0-9]{0,8}[kMG]?$)$"
                },
                "transfers": {
                  "type": "integer",
                  "minimum": 1,
                  "maximum": 64
                },
                "head_age_max": {
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
                "peers_min": {
                  "type": [
                    "integer",
                    "null"
                  ],
                  "minimum": 0,
                  "maximum": 100000
                },
                "disk_free_min": {
                  "type": [
                    "integer",
                    "null"
                  ],
                  "minimum": 0,
                  "maximum": 1E+18
                },
                "allow_syncing": {
                  "type": "boolean"
                },
                "allow_silent": {
                  "type": "boolean"
                },
                "stalled_after": {
                  "type": "string",
                  "duration": {
                    "shortest": 5,
                    "longest": 604800,
                    "expected": "5s to 7d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "lost_after": {
                  "type": "string",
                  "duration": {
                    "shortest": 5,
                    "longest": 604800,
                    "expected": "5s to 7d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "resumes": {
                  "type": "integer",
                  "minimum": 0,
                  "maximum": 100
                },
                "resume_after": {
                  "type": "string",
                  "duration": {
                    "shortest": 1,
                    "longest": 86400,
                    "expected": "1s to 1d"
                  },
                  "expected": "a duration such as 30s, 5m, 1h30m or 30d"
                },
                "verify": {
                  "type": "string",
                  "expected": "one of sizes, totals, none",
                  "enum": [
                    "sizes",
                    "totals",
                    "none"
                  ]
                },
                "keep": {
                  "type": [
                    "integer",
                    "null"
                  ],
                  "minimum": 1,
                  "maximum": 10000
                }
              }
            }'::jsonb
    end
$$;
