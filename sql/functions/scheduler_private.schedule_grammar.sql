-- What schedules may say: fields of crons, parts of rules, events, and what people write who come from elsewhere. Generated from src/Scheduler/Schedules by SqlGrammarTests: change it there, then ./dev schema.
create or replace function scheduler_private.schedule_grammar() returns jsonb
language sql immutable parallel safe as $sql$
select $json${
  "limits": {
    "schedule": 1000,
    "parts": 20,
    "part": 500,
    "rule": 500,
    "slip_words": 9,
    "duration": 60
  },
  "expected": "expected 5 cron fields (minute hour day month weekday), 6 or 7 Quartz fields, a macro such as @daily, 'every 5m', 'every 5m after end', 'at 2026-12-01T02:00:00Z', 'rrule FREQ=…', 'after JOB', 'on startup', 'on release', 'on node start', 'on notify CHANNEL', or 'manual'",
  "rule_key": "^[^ \t\n\r=]+[ \t\n\r]*=",
  "words": "{every,at,rrule,after,on,manual}",
  "duration": {
    "once": "(?:[0-9]{1,9}(?:\\.[0-9]{1,9})?)? ?(?:days?|d|weeks?|w|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?: |, ?|(?=[0-9])|$)",
    "iso": "^p([0-9]+[wd])?(?:t([0-9]+h)?([0-9]+m)?([0-9]+s)?)?$"
  },
  "slips": [
    {
      "pattern": "@every (.+)",
      "why": "is not known",
      "meant": "every {every:1}",
      "cased": false,
      "needs": "@every "
    },
    {
      "pattern": "@every .+",
      "why": "has an interval that cannot be read; expected 'every' and whole seconds, such as 'every 30s' or 'every 1h30m'; what is to follow at once can be due 'on notify CHANNEL'",
      "meant": null,
      "cased": false,
      "needs": "@every "
    },
    {
      "pattern": "@reboot|@startup",
      "why": "is not known",
      "meant": "on startup",
      "cased": false,
      "needs": "@"
    },
    {
      "pattern": "@?(?:every_)?minute|@?minutely",
      "why": "is not known",
      "meant": "* * * * *",
      "cased": false,
      "needs": "minute"
    },
    {
      "pattern": "@secondly|@?every_second",
      "why": "is not known",
      "meant": "every 1s",
      "cased": false,
      "needs": "second"
    },
    {
      "pattern": "@?(?:weekdays?|workdays?|business days?)",
      "why": "is not known",
      "meant": "0 0 * * MON-FRI",
      "cased": false,
      "needs": "day"
    },
    {
      "pattern": "@?weekends?",
      "why": "is not known",
      "meant": "0 0 * * SAT,SUN",
      "cased": false,
      "needs": "weekend"
    },
    {
      "pattern": "@?quarterly",
      "why": "is not known",
      "meant": "0 0 1 */3 *",
      "cased": false,
      "needs": "quarterly"
    },
    {
      "pattern": "@?(?:semiannually|semi-annually|biannually)",
      "why": "is not known",
      "meant": "0 0 1 1,7 *",
      "cased": false,
      "needs": "annually"
    },
    {
      "pattern": "@?(daily|hourly|weekly|monthly|yearly|annually)",
      "why": "is not known",
      "meant": "@{1}",
      "cased": false,
      "needs": "ly"
    },
    {
      "pattern": "@?(midnight)",
      "why": "is not known",
      "meant": "@{1}",
      "cased": false,
      "needs": "midnight"
    },
    {
      "pattern": "(?:every )?(sun|mon|tue|wed|thu|fri|sat)[a-z]* ?(?:-|\\.\\.| to ) ?(sun|mon|tue|wed|thu|fri|sat)[a-z]*",
      "why": "names days but no time; expected 5 cron fields",
      "meant": "0 0 * * {day:1}-{day:2}",
      "cased": false,
      "needs": ""
    },
    {
      "pattern": "(?:every |on )?(sun|mon|tue|wed|thu|fri|sat)[a-z]*",
      "why": "names a day but no time; expected 5 cron fields",
      "meant": "0 0 * * {day:1}",
      "cased": false,
      "needs": ""
    },
    {
      "pattern": "rate ?\\((.+)\\)",
      "why": "is written for AWS; an interval is written 'every'",
      "meant": "every {every:1}",
      "cased": false,
      "needs": "rate"
    },
    {
      "pattern": "cron ?\\(([^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+)\\)",
      "why": "is written for AWS; expected the fields alone, with the seconds before them",
      "meant": "0 {1}",
      "cased": false,
      "needs": "cron"
    },
    {
      "pattern": "cron ?\\(([^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+ [^ ()]+)\\)",
      "why": "is written with 'cron(…)'; expected the fields alone",
      "meant": "{1}",
      "cased": false,
      "needs": "cron"
    },
    {
      "pattern": "([^ ]+ [^ ]+ [^ ]+ [^ ?]+ \\? [^ ]+|[^ ]+ [^ ]+ \\? [^ ?]+ [^ ?]+ [^ ]+)",
      "why": "has the six fields of AWS, minute first and year last; expected the seconds before them",
      "meant": "0 {1}",
      "cased": false,
      "needs": "?"
    },
    {
      "pattern": "(?:CRON_TZ|TZ)=([^ ]+) (.+)",
      "why": "names a time zone; expected '{1}' as the job's time_zone, and as the schedule the rest",
      "meant": "{2}",
      "cased": false,
      "needs": "tz="
    },
    {
      "pattern": "(.+ .+ .+ .+ .+) ([A-Z][A-Za-z_]+/[A-Za-z0-9_+/-]+|UTC|GMT|CET|EST|PST)",
      "why": "ends with a time zone; expected '{2}' as the job's time_zone, and as the schedule the rest",
      "meant": "{1}",
      "cased": true,
      "needs": ""
    },
    {
      "pattern": "([0-9]+)000",
      "why": "is a number without a unit; milliseconds are written as an interval",
      "meant": "every {every:1s}",
      "cased": false,
      "needs": "000"
    },
    {
      "pattern": "([0-9]+)",
      "why": "is a number without a unit; expected 'every' and a duration",
      "meant": "every {every:1s}",
      "cased": false,
      "needs": ""
    },
    {
      "pattern": "(?:every )?[0-9.]+ ?(?:ms|milliseconds?|us|ns)",
      "why": "is no number of whole seconds; expected at least 'every 1s', or 'on notify CHANNEL' for what is to follow at once",
      "meant": null,
      "cased": false,
      "needs": "s"
    },
    {
      "pattern": "(?:every )?(.+)",
      "why": "cannot be read; an interval is written 'every' and its length",
      "meant": "every {every:1}",
      "cased": false,
      "needs": ""
    },
    {
      "pattern": "(?:\\*-\\*-\\* )?\\*:0?/([0-9]+)(?::00?)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "*/{1} * * * *",
      "cased": false,
      "needs": "*:"
    },
    {
      "pattern": "\\*-\\*-\\* ([0-9]{1,2}):([0-9]{2})(?::00)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "{n:2} {n:1} * * *",
      "cased": false,
      "needs": "*-*-* "
    },
    {
      "pattern": "\\*-\\*-([0-9]{1,2}) ([0-9]{1,2}):([0-9]{2})(?::00)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "{n:3} {n:2} {n:1} * *",
      "cased": false,
      "needs": "*-*-"
    },
    {
      "pattern": "\\*-([0-9]{1,2})-([0-9]{1,2}) ([0-9]{1,2}):([0-9]{2})(?::00)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "{n:4} {n:3} {n:2} {n:1} *",
      "cased": false,
      "needs": "*-"
    },
    {
      "pattern": "(sun|mon|tue|wed|thu|fri|sat)[a-z]*(?:\\.\\.|-)(sun|mon|tue|wed|thu|fri|sat)[a-z]*(?: \\*-\\*-\\*)? ([0-9]{1,2}):([0-9]{2})(?::00)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "{n:4} {n:3} * * {day:1}-{day:2}",
      "cased": false,
      "needs": ":"
    },
    {
      "pattern": "(sun|mon|tue|wed|thu|fri|sat)[a-z]*(?: \\*-\\*-\\*)? ([0-9]{1,2}):([0-9]{2})(?::00)?",
      "why": "is systemd's; expected 5 cron fields",
      "meant": "{n:3} {n:2} * * {day:1}",
      "cased": false,
      "needs": ":"
    },
    {
      "pattern": "([0-9]{1,2}):([0-9]{2})",
      "why": "is a time of day; expected 5 cron fields",
      "meant": "{n:2} {n:1} * * *",
      "cased": false,
      "needs": ":"
    },
    {
      "pattern": "([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)",
      "why": "is an instant; expected 'at' before it",
      "meant": "at {1}",
      "cased": false,
      "needs": ":"
    }
  ],
  "finer": "[0-9](?:ms|us|ns)$|^0?[.][0-9]+s",
  "at": {
    "form": "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?)([Zz]|[+-][0-9]{2}:[0-9]{2})?$",
    "expected": "expected 'at' and an instant such as 2026-12-01T02:00:00Z, 2026-12-01T02:00:00+01:00, or 2026-12-01T02:00 in the job's time zone",
    "meant": "^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ Tt]([0-9]{2}:[0-9]{2}(?::[0-9]{2})?)(?:[.]0+)?)? ?(?:([+-][0-9]{2})(?::?([0-9]{2}))?|([Zz]))?$"
  },
  "macros": "{@hourly,@daily,@weekly,@monthly,@yearly,@annually,@midnight}",
  "cron": {
    "unix": [
      {
        "name": "minute",
        "lowest": 0,
        "highest": 59,
        "step_most": 59,
        "expected": "0-59",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 60
      },
      {
        "name": "hour",
        "lowest": 0,
        "highest": 23,
        "step_most": 23,
        "expected": "0-23",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 24
      },
      {
        "name": "day of month",
        "lowest": 1,
        "highest": 31,
        "step_most": 31,
        "expected": "1-31",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": "^(?:L(?:-([0-9]{1,2}))?(W)?|([0-9]{1,2})W)$",
        "special_expected": ", L, L-3, LW, 15W",
        "wraps": true,
        "round": 31
      },
      {
        "name": "month",
        "lowest": 1,
        "highest": 12,
        "step_most": 12,
        "expected": "1-12 or JAN-DEC",
        "names": "{JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC}",
        "names_from": 1,
        "item": "^(?:(\\*)|([0-9]{1,4}|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(?:-([0-9]{1,4}|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 12
      },
      {
        "name": "day of week",
        "lowest": 0,
        "highest": 7,
        "step_most": 7,
        "expected": "0-7 or SUN-SAT",
        "names": "{SUN,MON,TUE,WED,THU,FRI,SAT}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4}|SUN|MON|TUE|WED|THU|FRI|SAT)(?:-([0-9]{1,4}|SUN|MON|TUE|WED|THU|FRI|SAT))?)(?:/([0-9]{1,4}))?$",
        "special": "^(?:L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)#([1-5]))$",
        "special_expected": ", FRIL, FRI#2",
        "wraps": true,
        "round": 7
      }
    ],
    "quartz": [
      {
        "name": "second",
        "lowest": 0,
        "highest": 59,
        "step_most": 59,
        "expected": "0-59",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 60
      },
      {
        "name": "minute",
        "lowest": 0,
        "highest": 59,
        "step_most": 59,
        "expected": "0-59",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 60
      },
      {
        "name": "hour",
        "lowest": 0,
        "highest": 23,
        "step_most": 23,
        "expected": "0-23",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 24
      },
      {
        "name": "day of month",
        "lowest": 1,
        "highest": 31,
        "step_most": 31,
        "expected": "1-31",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": "^(?:L(?:-([0-9]{1,2}))?(W)?|([0-9]{1,2})W)$",
        "special_expected": ", L, L-3, LW, 15W",
        "wraps": true,
        "round": 31
      },
      {
        "name": "month",
        "lowest": 1,
        "highest": 12,
        "step_most": 12,
        "expected": "1-12 or JAN-DEC",
        "names": "{JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC}",
        "names_from": 1,
        "item": "^(?:(\\*)|([0-9]{1,4}|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)(?:-([0-9]{1,4}|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": true,
        "round": 12
      },
      {
        "name": "day of week",
        "lowest": 1,
        "highest": 7,
        "step_most": 7,
        "expected": "1-7 (1 is Sunday) or SUN-SAT",
        "names": "{SUN,MON,TUE,WED,THU,FRI,SAT}",
        "names_from": 1,
        "item": "^(?:(\\*)|([0-9]{1,4}|SUN|MON|TUE|WED|THU|FRI|SAT)(?:-([0-9]{1,4}|SUN|MON|TUE|WED|THU|FRI|SAT))?)(?:/([0-9]{1,4}))?$",
        "special": "^(?:L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)#([1-5]))$",
        "special_expected": ", FRIL, FRI#2",
        "wraps": true,
        "round": 7
      },
      {
        "name": "year",
        "lowest": 1970,
        "highest": 2299,
        "step_most": 329,
        "expected": "1970-2299",
        "names": "{}",
        "names_from": 0,
        "item": "^(?:(\\*)|([0-9]{1,4})(?:-([0-9]{1,4}))?)(?:/([0-9]{1,4}))?$",
        "special": null,
        "special_expected": "",
        "wraps": false,
        "round": 330
      }
    ]
  },
  "cron_units": {
    "second": "s",
    "minute": "m",
    "hour": "h"
  },
  "cron_years": {
    "first": 1970,
    "last": 2299
  },
  "cron_slips": [
    {
      "of": "",
      "pattern": "^[?]$",
      "why": "is for a day of month or a day of week only; expected *",
      "put": "*",
      "needs": "?"
    },
    {
      "of": "",
      "pattern": "^H(?:[(][0-9]+-[0-9]+[)])?(?:/[0-9]+)?$",
      "why": "is Jenkins' way to keep jobs apart; expected a number or *, and the job's key spread, such as spread: 15m",
      "put": null,
      "needs": "H"
    },
    {
      "of": "day of month",
      "pattern": "^[$]$",
      "why": "is pg_cron's last day; expected L",
      "put": "L",
      "needs": "$"
    },
    {
      "of": "day of month",
      "pattern": "^LW-[0-9]+$",
      "why": "could count days or weekdays; expected LW, or L-2W for the weekday nearest to the last day but two",
      "put": null,
      "needs": "LW-"
    },
    {
      "of": "day of week",
      "pattern": "^(?:L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)L|([0-9]|SUN|MON|TUE|WED|THU|FRI|SAT)#([1-5]))$",
      "why": "has {0} beside others; expected it alone, and a part of the schedule for each, separated by ;",
      "put": null,
      "needs": ""
    },
    {
      "of": "day of week",
      "pattern": "^[0-9A-Z]+#[0-9]+$",
      "why": "is no weekday of a month; expected # and 1 to 5 behind one weekday, as in FRI#2",
      "put": null,
      "needs": "#"
    },
    {
      "of": "",
      "pattern": "^([0-9A-Z]+)/([0-9]+)-([0-9A-Z]+)$",
      "why": null,
      "put": "{1}-{3}/{2}",
      "needs": "/"
    }
  ],
  "cron_name_length": 3,
  "cron_three": "^[0-9A-Z]+(?:-[0-9A-Z]+){2,}$",
  "rule": {
    "frequencies": [
      "YEARLY",
      "MONTHLY",
      "WEEKLY",
      "DAILY",
      "HOURLY",
      "MINUTELY",
      "SECONDLY"
    ],
    "weekdays": [
      "SU",
      "MO",
      "TU",
      "WE",
      "TH",
      "FR",
      "SA"
    ],
    "keys": [
      {
        "name": "FREQ",
        "form": "Frequency",
        "min": 0,
        "max": 0,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY, SECONDLY"
      },
      {
        "name": "INTERVAL",
        "form": "Number",
        "min": 1,
        "max": 999999999,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 999999999"
      },
      {
        "name": "COUNT",
        "form": "Number",
        "min": 1,
        "max": 10000,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 10000"
      },
      {
        "name": "UNTIL",
        "form": "Instant",
        "min": 0,
        "max": 0,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "a time such as 20261231T235959Z in UTC, 20261231T235959 in the job's time zone, or a whole day such as 20261231"
      },
      {
        "name": "BYSECOND",
        "form": "Numbers",
        "min": 0,
        "max": 60,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "0 to 60"
      },
      {
        "name": "BYMINUTE",
        "form": "Numbers",
        "min": 0,
        "max": 59,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "0 to 59"
      },
      {
        "name": "BYHOUR",
        "form": "Numbers",
        "min": 0,
        "max": 23,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "0 to 23"
      },
      {
        "name": "BYDAY",
        "form": "Weekdays",
        "min": 1,
        "max": 53,
        "from_end": true,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "SU, MO, TU, WE, TH, FR, SA, or one with 1 to 53 or -1 to -53 before it, such as 2MO or -1FR"
      },
      {
        "name": "BYMONTHDAY",
        "form": "Numbers",
        "min": 1,
        "max": 31,
        "from_end": true,
        "with": [
          "YEARLY",
          "MONTHLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 31 or -1 to -31"
      },
      {
        "name": "BYYEARDAY",
        "form": "Numbers",
        "min": 1,
        "max": 366,
        "from_end": true,
        "with": [
          "YEARLY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 366 or -1 to -366"
      },
      {
        "name": "BYWEEKNO",
        "form": "Numbers",
        "min": 1,
        "max": 53,
        "from_end": true,
        "with": [
          "YEARLY"
        ],
        "expected": "1 to 53 or -1 to -53"
      },
      {
        "name": "BYMONTH",
        "form": "Numbers",
        "min": 1,
        "max": 12,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 12"
      },
      {
        "name": "BYSETPOS",
        "form": "Numbers",
        "min": 1,
        "max": 366,
        "from_end": true,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "1 to 366 or -1 to -366"
      },
      {
        "name": "WKST",
        "form": "Weekday",
        "min": 0,
        "max": 0,
        "from_end": false,
        "with": [
          "YEARLY",
          "MONTHLY",
          "WEEKLY",
          "DAILY",
          "HOURLY",
          "MINUTELY",
          "SECONDLY"
        ],
        "expected": "one of SU, MO, TU, WE, TH, FR, SA"
      }
    ],
    "names": "{FREQ,INTERVAL,COUNT,UNTIL,BYSECOND,BYMINUTE,BYHOUR,BYDAY,BYMONTHDAY,BYYEARDAY,BYWEEKNO,BYMONTH,BYSETPOS,WKST}",
    "only_one_of": [
      "COUNT",
      "UNTIL"
    ],
    "numbered_with": [
      "YEARLY",
      "MONTHLY"
    ],
    "numbered_without": "BYWEEKNO",
    "chooses": "BYSETPOS",
    "needs_starts": "COUNT"
  },
  "events": {
    "jobs_max": 10,
    "length_min": 1,
    "delay_max": 31536000,
    "interval_max": 3153600000,
    "params_max": 20,
    "job_name": "^[a-z0-9._/-]{1,200}$",
    "channel_name": "^[a-z_][a-z0-9_]{0,62}$",
    "own_channels": "^scheduler_",
    "with_pattern": "^(.+) with ([^ =]+=[^ ]+(?: [^ =]+=[^ ]+)*)$",
    "with_slip": "^(.+) with(?: .*)?$",
    "param": "^([^ =;,'\"{}]{1,100})=([^ ;,'\"]+)$",
    "outcomes": [
      "success",
      "failure",
      "any"
    ],
    "keywords": "{after,and,on,success,failure,any,from,startup,release,node,start,notify,every,end,with}",
    "forms": [
      {
        "event": "after",
        "head": "after",
        "pattern": "^after ([^ ]+(?: and [^ ]+)*)(?: on ([^ ]+))?( from startup)?(?: \\+ ([^ ]+))?$",
        "slots": [
          "Jobs",
          "Outcome",
          "FromStartup",
          "Delay"
        ]
      },
      {
        "event": "startup",
        "head": "on",
        "pattern": "^on startup(?: \\+ ([^ ]+))?$",
        "slots": [
          "Delay"
        ]
      },
      {
        "event": "release",
        "head": "on",
        "pattern": "^on release(?: \\+ ([^ ]+))?$",
        "slots": [
          "Delay"
        ]
      },
      {
        "event": "node",
        "head": "on",
        "pattern": "^on node start(?: \\+ ([^ ]+))?$",
        "slots": [
          "Delay"
        ]
      },
      {
        "event": "notify",
        "head": "on",
        "pattern": "^on notify ([^ ]+)(?: \\+ ([^ ]+))?$",
        "slots": [
          "Channel",
          "Delay"
        ]
      },
      {
        "event": "end",
        "head": "every",
        "pattern": "^every ([^ ]+) after end$",
        "slots": [
          "Interval"
        ]
      }
    ],
    "every_after": "^every .* (?:after|since|from) ",
    "expected": {
      "after": "expected 'after JOB' or 'after JOB and JOB', behind it 'on failure' or 'on any', 'from startup', '+ 5m', each or none, in this order",
      "on": "expected 'on startup', 'on release', 'on node start' or 'on notify CHANNEL', behind it '+ 5m' or nothing",
      "every": "expected 'every' and a duration, and behind it 'after end' or nothing, such as 'every 5m after end'"
    },
    "wrong": {
      "Jobs": "'{0}' is no job name; expected lower-case letters, digits and . _ - /",
      "Outcome": "'{0}' is no outcome; expected success, failure or any",
      "Delay": "'{0}' is no delay; expected a duration of whole seconds from 1s to 365d, such as 15m",
      "Interval": "'{0}' is no interval; expected a duration of whole seconds from 1s to 36500d, such as 5m; what is to follow at once can be due 'on notify CHANNEL'",
      "Channel": "'{0}' is no channel; expected at most 63 lower-case letters, digits and _, not beginning with a digit"
    },
    "too_many_jobs": "names more than 10 jobs; expected at most 10",
    "job_twice": "names '{0}' twice; expected each job once",
    "several_ends": "has several parts 'after end'; expected one",
    "own_channel": "channels named scheduler_… are the scheduler's own; expected another name",
    "wrong_params": "what stands behind 'with' cannot be read; expected NAME=VALUE, such as mode=full, several separated by blanks, without quotes, commas and semicolons",
    "param_twice": "gives '{0}' twice; expected each param once",
    "too_many_params": "gives more than 20 params; expected at most 20",
    "refusals": [
      {
        "pattern": "^on notify$",
        "why": "cannot be read; expected 'on notify' and one channel"
      },
      {
        "pattern": "^after .+ or .+",
        "why": "waits for one of several jobs; expected a part for each, separated by ;, such as 'after a; after b'"
      },
      {
        "pattern": "^after .+ not .+",
        "why": "cannot be read; what failed is followed by 'after JOB on failure'"
      },
      {
        "pattern": "^every .+ after end \\+ ",
        "why": "has a delay behind an interval; expected the interval alone"
      }
    ],
    "repairs": [
      {
        "head": "on",
        "pattern": "^on (?:the )?(?:cluster )?(?:start ?up|started|start|boot|reboot)(?=[ +]|$)",
        "put": "on startup"
      },
      {
        "head": "on",
        "pattern": "^on (?:each |every |all )?nodes?(?: ?(?:start ?up|started|start|up|joined|join|live))?(?=[ +]|$)",
        "put": "on node start"
      },
      {
        "head": "on",
        "pattern": "^on (?:new )?(?:deploy|deployment|deployed|edit|change|version|update|released)(?=[ +]|$)",
        "put": "on release"
      },
      {
        "head": "on",
        "pattern": "^on (?:channel|listen|notification|notify channel) ",
        "put": "on notify "
      },
      {
        "head": "after",
        "pattern": "^after (?:all of |both |the end of |end of |success of )",
        "put": "after "
      },
      {
        "head": "after",
        "pattern": " ?(?:,|&&?) ?(?:and )?",
        "put": " and "
      },
      {
        "head": "after",
        "pattern": " from (?:the )?(?:cluster )?(?:start ?up|start|boot|reboot)(?=[ +]|$)",
        "put": " from startup"
      },
      {
        "head": "after",
        "pattern": "( from startup) on ([a-z]+)(?=[ +]|$)",
        "put": " on \\2\\1"
      },
      {
        "head": "after",
        "pattern": " (?:(?:on|if|when|has|have) )?(?:it )?(?:success|succeeds|succeeded|succeed|successful|ok)(?=[ +]|$)",
        "put": " on success"
      },
      {
        "head": "after",
        "pattern": " (?:(?:on|if|when|has|have) )?(?:it )?(?:failure|failures|fail|fails|failed|error|errors)(?=[ +]|$)",
        "put": " on failure"
      },
      {
        "head": "after",
        "pattern": " (?:on|if|when) (?:it )?(?:always|all|both|either|end|ends|ended|completion|complete|completed|finish|finished|done)(?=[ +]|$)",
        "put": " on any"
      },
      {
        "head": "every",
        "pattern": "^every (.+) (?:after|since|from) (?:(?:its|the|each|last|previous|run|job|own|a) )*(?:end|ends|ended|finish|finishes|finished|completion|completes|completed|done|run)(?: of .*)?(?=[ +]|$)",
        "put": "every \\1 after end"
      },
      {
        "head": "every",
        "pattern": "^every (.+) after (?!end(?: |$))([^ +]+)$",
        "put": "after \\2 + \\1"
      },
      {
        "head": "",
        "pattern": " ?(?:\\+|plus|delayed by) ?",
        "put": " + "
      }
    ],
    "durations": [
      "^(every )(.+)( after end)$",
      "^(.+ \\+ )([^+]+)()$"
    ],
    "param_repairs": [
      {
        "pattern": " ?= ?",
        "put": "="
      },
      {
        "pattern": ": ",
        "put": "="
      },
      {
        "pattern": "['\"]",
        "put": ""
      },
      {
        "pattern": " ?[,;] ?",
        "put": " "
      }
    ]
  }
}$json$::jsonb
$sql$;
