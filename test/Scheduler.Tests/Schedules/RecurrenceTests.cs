using System.Globalization;
using NUnit.Framework;
using Scheduler.Schedules;

namespace Scheduler.Tests.Schedules;

/// <summary>When rules are due: the examples of RFC 5545 §3.8.5.3, and rules that were due at wrong times before.</summary>
public sealed class RecurrenceTests
{
    // Start in New York, 09:00 where no time is given; rule; due days, 09:00 where no time is given; '…' when there are more.
    private static readonly string[] OfTheRfc =
    [
        "1997-09-02 | DAILY;COUNT=10 | 1997 09-02 09-03 09-04 09-05 09-06 09-07 09-08 09-09 09-10 09-11",
        "1997-12-20 | DAILY;UNTIL=19971224T000000Z | 1997 12-20 12-21 12-22 12-23",
        "1997-09-02 | DAILY;INTERVAL=2 | 1997 09-02 09-04 09-06 09-08 09-10 …",
        "1997-09-02 | DAILY;INTERVAL=10;COUNT=5 | 1997 09-02 09-12 09-22 10-02 10-12",
        "2000-01-29 | YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA | 2000 01-29 01-30 01-31",
        "1998-01-30 | YEARLY;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA | 1998 01-30 01-31 1999 01-01 01-02 01-03 …",
        "1999-01-30 | DAILY;UNTIL=20000131T140000Z;BYMONTH=1 | 1999 01-30 01-31 2000 01-01 01-02 01-03 01-04 01-05 01-06 01-07 01-08 01-09 01-10 "
            + "01-11 01-12 01-13 01-14 01-15 01-16 01-17 01-18 01-19 01-20 01-21 01-22 01-23 01-24 01-25 01-26 01-27 01-28 01-29 01-30 01-31",
        "1997-09-02 | WEEKLY;COUNT=10 | 1997 09-02 09-09 09-16 09-23 09-30 10-07 10-14 10-21 10-28 11-04",
        "1997-09-02 | WEEKLY;UNTIL=19971224T000000Z | 1997 09-02 09-09 09-16 09-23 09-30 10-07 10-14 10-21 10-28 11-04 11-11 11-18 11-25 "
            + "12-02 12-09 12-16 12-23",
        "1997-09-02 | WEEKLY;INTERVAL=2;WKST=SU | 1997 09-02 09-16 09-30 10-14 10-28 11-11 11-25 12-09 12-23 1998 01-06 01-20 …",
        "1997-09-02 | WEEKLY;UNTIL=19971007T000000Z;WKST=SU;BYDAY=TU,TH | 1997 09-02 09-04 09-09 09-11 09-16 09-18 09-23 09-25 09-30 10-02",
        "1997-09-02 | WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH | 1997 09-02 09-04 09-09 09-11 09-16 09-18 09-23 09-25 09-30 10-02",
        "1997-09-01 | WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR | 1997 09-01 09-03 09-05 09-15 09-17 09-19 09-29 10-01 10-03 "
            + "10-13 10-15 10-17 10-27 10-29 10-31 11-10 11-12 11-14 11-24 11-26 11-28 12-08 12-10 12-12 12-22",
        "1997-09-02 | WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH | 1997 09-02 09-04 09-16 09-18 09-30 10-02 10-14 10-16",
        "1997-09-05 | MONTHLY;COUNT=10;BYDAY=1FR | 1997 09-05 10-03 11-07 12-05 1998 01-02 02-06 03-06 04-03 05-01 06-05",
        "1997-09-05 | MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR | 1997 09-05 10-03 11-07 12-05",
        "1997-09-07 | MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU | 1997 09-07 09-28 11-02 11-30 1998 01-04 01-25 03-01 03-29 05-03 05-31",
        "1997-09-22 | MONTHLY;COUNT=6;BYDAY=-2MO | 1997 09-22 10-20 11-17 12-22 1998 01-19 02-16",
        "1997-09-28 | MONTHLY;BYMONTHDAY=-3 | 1997 09-28 10-29 11-28 12-29 1998 01-29 02-26 …",
        "1997-09-02 | MONTHLY;COUNT=10;BYMONTHDAY=2,15 | 1997 09-02 09-15 10-02 10-15 11-02 11-15 12-02 12-15 1998 01-02 01-15",
        "1997-09-30 | MONTHLY;COUNT=10;BYMONTHDAY=1,-1 | 1997 09-30 10-01 10-31 11-01 11-30 12-01 12-31 1998 01-01 01-31 02-01",
        "1997-09-10 | MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15 | 1997 09-10 09-11 09-12 09-13 09-14 09-15 1999 03-10 03-11 "
            + "03-12 03-13",
        "1997-09-02 | MONTHLY;INTERVAL=2;BYDAY=TU | 1997 09-02 09-09 09-16 09-23 09-30 11-04 11-11 11-18 11-25 1998 01-06 01-13 01-20 01-27 "
            + "03-03 …",
        "1997-06-10 | YEARLY;COUNT=10;BYMONTH=6,7 | 1997 06-10 07-10 1998 06-10 07-10 1999 06-10 07-10 2000 06-10 07-10 2001 06-10 07-10",
        "1997-03-10 | YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3 | 1997 03-10 1999 01-10 02-10 03-10 2001 01-10 02-10 03-10 2003 01-10 02-10 03-10",
        "1997-01-01 | YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200 | 1997 01-01 04-10 07-19 2000 01-01 04-09 07-18 2003 01-01 04-10 07-19 "
            + "2006 01-01",
        "1997-05-19 | YEARLY;BYDAY=20MO | 1997 05-19 1998 05-18 1999 05-17 …",
        "1997-05-12 | YEARLY;BYWEEKNO=20;BYDAY=MO | 1997 05-12 1998 05-11 1999 05-17 …",
        "1997-03-13 | YEARLY;BYMONTH=3;BYDAY=TH | 1997 03-13 03-20 03-27 1998 03-05 03-12 03-19 03-26 1999 03-04 03-11 03-18 03-25 …",
        "1997-06-05 | YEARLY;BYDAY=TH;BYMONTH=6,7,8 | 1997 06-05 06-12 06-19 06-26 07-03 07-10 07-17 07-24 07-31 08-07 08-14 08-21 08-28 "
            + "1998 06-04 …",
        "1997-09-02 | MONTHLY;BYDAY=FR;BYMONTHDAY=13 | 1998 02-13 03-13 11-13 1999 08-13 2000 10-13 …",
        "1997-09-13 | MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13 | 1997 09-13 10-11 11-08 12-13 1998 01-10 02-07 03-07 04-11 05-09 06-13 …",
        "1996-11-05 | YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8 | 1996 11-05 2000 11-07 2004 11-02 …",
        "1997-09-04 | MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3 | 1997 09-04 10-07 11-06",
        "1997-09-29 | MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2 | 1997 09-29 10-30 11-27 12-30 1998 01-29 02-26 03-30 …",
        // The RFC lists three times up to 170000Z, which is 13:00 in New York: a slip; up to 210000Z there are three.
        "1997-09-02 | HOURLY;INTERVAL=3;UNTIL=19970902T210000Z | 1997 09-02 09-02T12:00 09-02T15:00",
        "1997-09-02 | HOURLY;INTERVAL=3;UNTIL=19970902T170000Z | 1997 09-02 09-02T12:00",
        "1997-09-02 | MINUTELY;INTERVAL=15;COUNT=6 | 1997 09-02 09-02T09:15 09-02T09:30 09-02T09:45 09-02T10:00 09-02T10:15",
        "1997-09-02 | MINUTELY;INTERVAL=90;COUNT=4 | 1997 09-02 09-02T10:30 09-02T12:00 09-02T13:30",
        "1997-09-02T16:00 | DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40 | 1997 09-02T16:00 09-02T16:20 09-02T16:40 09-03 09-03T09:20 …",
        "1997-09-02T16:00 | MINUTELY;INTERVAL=20;BYHOUR=9,10,11,12,13,14,15,16 | 1997 09-02T16:00 09-02T16:20 09-02T16:40 09-03 09-03T09:20 …",
        "1997-08-05 | WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO | 1997 08-05 08-10 08-19 08-24",
        "1997-08-05 | WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU | 1997 08-05 08-17 08-19 08-31",
        "2007-01-15 | MONTHLY;BYMONTHDAY=15,30;COUNT=5 | 2007 01-15 01-30 02-15 03-15 03-30",
    ];

    // As above. Each was due at other times, never, or at the same times for another reason.
    private static readonly string[] OfOurs =
    [
        "2027-01-01 | YEARLY;BYDAY=MO | 2027 01-04 01-11 01-18 01-25 02-01 …",
        "2027-01-01 | YEARLY;BYMONTHDAY=1 | 2027 01-01 02-01 03-01 04-01 …",
        "2027-01-01 | YEARLY;BYMONTHDAY=13;BYDAY=FR | 2027 08-13 2028 10-13 2029 04-13 07-13 …",
        "2027-01-01 | YEARLY;BYDAY=1TU,-1TH | 2027 01-05 12-30 2028 01-04 12-28 …",
        "2027-12-31T22:00 | HOURLY;BYYEARDAY=1 | 2028 01-01T00:00 01-01T01:00 01-01T02:00 …",
        "2027-12-31T22:00 | MINUTELY;INTERVAL=20;BYYEARDAY=-1 | 2027 12-31T22:00 12-31T22:20 12-31T22:40 12-31T23:00 12-31T23:20 "
            + "12-31T23:40 2028 12-31T00:00 …",
        "2027-01-01 | SECONDLY;BYYEARDAY=2;BYHOUR=9;BYMINUTE=0,1;BYSECOND=0 | 2027 01-02 01-02T09:01 2028 01-02 …",
        "2026-01-01 | YEARLY;BYWEEKNO=53;BYDAY=MO | 2026 12-28 2032 12-27 2037 12-28 …",
        "2030-06-01 | YEARLY;BYWEEKNO=1;BYDAY=TU | 2030 12-31 2031 12-30 2033 01-04 …",
        "2027-01-01 | YEARLY;BYMONTH=4;BYYEARDAY=1,100 | 2027 04-10 2028 04-09 …",
        "2027-01-01 | YEARLY;BYWEEKNO=20;BYMONTHDAY=15 | 2028 05-15 2029 05-15 2030 05-15 2031 05-15 2032 05-15 …",
        // A rule that names no weekday has that of its start (§3.3.10, "derived from the Start Time"); dateutil has all seven.
        "1997-09-02 | YEARLY;BYWEEKNO=20 | 1998 05-12 1999 05-18 2000 05-16 …",
        // Weeks of every other year: 2030-12-31 is in week 1 of 2031.
        "2029-01-02 | YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=TU | 2029 01-02 2030 12-31 2033 01-04 …",
        "2030-12-31 | YEARLY;INTERVAL=2;BYWEEKNO=1 | 2030 12-31 2033 01-04 …",
        "2027-01-01 | YEARLY;BYWEEKNO=-1;BYDAY=SU | 2027 01-03 2028 01-02 12-31 2029 12-30 …",
        "2027-01-01 | YEARLY;BYWEEKNO=1;BYDAY=SU;WKST=SU | 2027 01-03 2028 01-02 12-31 2029 12-30 …",
        "2024-02-29 | YEARLY | 2024 02-29 2028 02-29 2032 02-29 …",
        "2096-02-29 | YEARLY | 2096 02-29 2104 02-29 …",
        "2027-01-31 | MONTHLY | 2027 01-31 03-31 05-31 07-31 …",
        "2027-01-01 | MONTHLY;BYDAY=5FR | 2027 01-29 04-30 07-30 …",
        "2027-01-01 | YEARLY;BYYEARDAY=366 | 2028 12-31 2032 12-31 …",
        "2027-01-01 | YEARLY;BYYEARDAY=-366 | 2028 01-01 2032 01-01 …",
        "2027-01-10 | DAILY;BYSETPOS=-1;BYHOUR=8,9,10;BYMINUTE=0 | 2027 01-10T10:00 01-11T10:00 …",
        "2027-01-10 | HOURLY;BYSETPOS=2,-1;BYMINUTE=0,10,20,30 | 2027 01-10T09:10 01-10T09:30 01-10T10:10 …",
        "2027-01-10T09:00 | MONTHLY;BYMONTHDAY=1,20;BYSETPOS=1 | 2027 02-01 03-01 …",
        "2027-01-10 | MINUTELY;BYHOUR=9;BYMINUTE=0;BYSECOND=59,60 | 2027 01-10T09:00:59 01-11T09:00:59 …",
        // 'starts' is due, and counts, only where the rule names it.
        "2027-01-10 | WEEKLY;COUNT=2;BYDAY=MO | 2027 01-11 01-18",
        "2027-01-10 | DAILY;UNTIL=20270112 | 2027 01-10 01-11 01-12",
        "2027-01-10 | DAILY;UNTIL=20270112T085959 | 2027 01-10 01-11",
        "2027-01-10 | DAILY;UNTIL=20270112T140000Z | 2027 01-10 01-11 01-12",
        "2027-01-01 | YEARLY;INTERVAL=5000 | 2027 01-01 7027 01-01",
        "2027-01-01 | DAILY;INTERVAL=7;BYDAY=FR | 2027 01-01 01-08 01-15 …",
    ];

    [TestCaseSource(nameof(OfTheRfc))]
    public void The_examples_of_the_RFC_hold(string line) => IsDue(line);

    [TestCaseSource(nameof(OfOurs))]
    public void Each_part_means_what_the_RFC_says(string line) => IsDue(line);

    [TestCase("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY has no meaning with FREQ=WEEKLY; expected it with FREQ=YEARLY, MONTHLY, DAILY, "
        + "HOURLY, MINUTELY, SECONDLY")]
    [TestCase("FREQ=DAILY;BYYEARDAY=1", "BYYEARDAY has no meaning with FREQ=DAILY; expected it with FREQ=YEARLY, HOURLY, MINUTELY, SECONDLY")]
    [TestCase("FREQ=WEEKLY;BYYEARDAY=1", "BYYEARDAY has no meaning with FREQ=WEEKLY; expected it with FREQ=YEARLY, HOURLY, MINUTELY, SECONDLY")]
    [TestCase("FREQ=MONTHLY;BYYEARDAY=1", "BYYEARDAY has no meaning with FREQ=MONTHLY; expected it with FREQ=YEARLY, HOURLY, MINUTELY, SECONDLY")]
    [TestCase("FREQ=MONTHLY;BYWEEKNO=1", "BYWEEKNO has no meaning with FREQ=MONTHLY; expected it with FREQ=YEARLY")]
    [TestCase("FREQ=SECONDLY;BYWEEKNO=1", "BYWEEKNO has no meaning with FREQ=SECONDLY; expected it with FREQ=YEARLY")]
    [TestCase("FREQ=WEEKLY;BYDAY=MO,2TU", "BYDAY is '2TU': a number has no meaning with FREQ=WEEKLY; expected TU, or FREQ=YEARLY, MONTHLY")]
    [TestCase("FREQ=HOURLY;BYDAY=-1FR", "BYDAY is '-1FR': a number has no meaning with FREQ=HOURLY; expected FR, or FREQ=YEARLY, MONTHLY")]
    [TestCase("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO", "BYDAY is '1MO': a number has no meaning beside BYWEEKNO; expected MO")]
    [TestCase("FREQ=DAILY;BYSETPOS=1", "BYSETPOS stands alone; expected it beside another BY part, such as BYDAY, to choose from")]
    [TestCase("FREQ=DAILY;COUNT=3;UNTIL=20271231", "COUNT and UNTIL are both given; expected one of them")]
    [TestCase("FREQ=DAILY;COUNT=3", "COUNT counts from the job's 'starts', and it has none; expected 'starts', or UNTIL instead")]
    [TestCase("FREQ=DAILY;BYMONTH=13", "BYMONTH is '13'; expected 1 to 12")]
    [TestCase("FREQ=DAILY;BYMONTH=0", "BYMONTH is '0'; expected 1 to 12")]
    [TestCase("FREQ=DAILY;BYMONTH=-1", "BYMONTH is '-1'; expected 1 to 12")]
    [TestCase("FREQ=DAILY;BYMONTH=1,", "BYMONTH is ''; expected 1 to 12")]
    [TestCase("FREQ=DAILY;BYMONTH=1-3", "BYMONTH is '1-3'; expected 1 to 12")]
    [TestCase("FREQ=DAILY;BYHOUR=24", "BYHOUR is '24'; expected 0 to 23")]
    [TestCase("FREQ=DAILY;BYHOUR=٣", "BYHOUR is '٣'; expected 0 to 23")]
    [TestCase("FREQ=DAILY;BYMINUTE=60", "BYMINUTE is '60'; expected 0 to 59")]
    [TestCase("FREQ=DAILY;BYSECOND=61", "BYSECOND is '61'; expected 0 to 60")]
    [TestCase("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY is '0'; expected 1 to 31 or -1 to -31")]
    [TestCase("FREQ=MONTHLY;BYMONTHDAY=--1", "BYMONTHDAY is '--1'; expected 1 to 31 or -1 to -31")]
    [TestCase("FREQ=YEARLY;BYYEARDAY=367", "BYYEARDAY is '367'; expected 1 to 366 or -1 to -366")]
    [TestCase("FREQ=YEARLY;BYWEEKNO=-54", "BYWEEKNO is '-54'; expected 1 to 53 or -1 to -53")]
    [TestCase("FREQ=DAILY;INTERVAL=0", "INTERVAL is '0'; expected 1 to 999999999")]
    [TestCase("FREQ=DAILY;INTERVAL=1,2", "INTERVAL is '1,2'; expected 1 to 999999999")]
    [TestCase("FREQ=DAILY;COUNT=10001", "COUNT is '10001'; expected 1 to 10000")]
    [TestCase("FREQ=DAILY;UNTIL=x", "UNTIL is 'X'; expected a time such as 20261231T235959Z in UTC, 20261231T235959 in the job's time zone, "
        + "or a whole day such as 20261231")]
    [TestCase("FREQ=DAILY;UNTIL=20270230", "UNTIL is '20270230'; expected a time such as 20261231T235959Z in UTC, 20261231T235959 in the "
        + "job's time zone, "
        + "or a whole day such as 20261231")]
    [TestCase("FREQ=DAILY;BYDAY=MON", "BYDAY is 'MON'; did you mean 'MO'?")]
    [TestCase("FREQ=YEARLY;BYDAY=54MO", "BYDAY is '54MO'; expected SU, MO, TU, WE, TH, FR, SA, or one with 1 to 53 or -1 to -53 before it, "
        + "such as 2MO or -1FR")]
    [TestCase("FREQ=WEEKLY;WKST=M", "WKST is 'M'; did you mean 'MO'?")]
    [TestCase("FREQ=WEEKLY;WKST=1", "WKST is '1'; expected one of SU, MO, TU, WE, TH, FR, SA")]
    [TestCase("FREQ=WEEKLY;WKST=MO,TU", "WKST is 'MO,TU'; expected one of SU, MO, TU, WE, TH, FR, SA")]
    [TestCase("FREQ=DAYLY", "FREQ is 'DAYLY'; did you mean 'DAILY'?")]
    [TestCase("BYDAY=MO", "FREQ is not given; expected FREQ= and one of YEARLY, MONTHLY, WEEKLY, DAILY, HOURLY, MINUTELY, SECONDLY")]
    [TestCase("FREQ=DAILY;BYHOUR=2;BYHOUR=3", "BYHOUR is given twice; expected it once")]
    [TestCase("FREQ=DAILY;FREQ=DAILY", "FREQ is given twice; expected it once")]
    [TestCase("FREQ=DAILY;BYHUOR=3", "'BYHUOR' is no part of a rule; did you mean 'BYHOUR'?")]
    [TestCase("FREQ=DAILY;BY-HOUR=3", "'BY-HOUR' is no part of a rule; did you mean 'BYHOUR'?")]
    [TestCase("FREQ=DAILY;BYHOUR=", "BYHOUR has no value; expected BYHOUR= and 0 to 23")]
    [TestCase("FREQ=DAILY;BYHOUR=2=3", "BYHOUR is '2=3'; expected 0 to 23")]
    [TestCase("FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2", "is never due: no such time exists up to the year 9999")]
    [TestCase("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "is never due: no such time exists up to the year 9999")]
    [TestCase("FREQ=SECONDLY;INTERVAL=2;BYSECOND=1", "is never due: no such time exists up to the year 9999")]
    [TestCase("FREQ=YEARLY;BYDAY=MO;BYSETPOS=54", "is never due: no such time exists up to the year 9999")]
    [TestCase("FREQ=DAILY;UNTIL=20001231", "is never due: UNTIL is before its first time, 2001-01-01T00:00:00Z")]
    public void Refuses_what_a_rule_may_not_say(string rule, string problem) =>
        Assert.That(() => Schedule.Parse("rrule " + rule, "UTC"), Throws.TypeOf<ScheduleException>().With.Message.EqualTo(
            $"schedule 'rrule {rule}'" + (problem.StartsWith("is never", StringComparison.Ordinal) ? " " : ": ") + problem));

    // What a clock shows that is set back or forward: RFC 5545 §3.3.5.
    [TestCase("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "Europe/Berlin", "2027-03-28T00:00Z", "01:30 00:30")]
    [TestCase("FREQ=DAILY;BYHOUR=2;BYMINUTE=30", "Europe/Berlin", "2027-10-31T00:00Z", "00:30 01:30")]
    // In a gap 02:30 is due at 03:30, behind what is written as 03:00; 03:30 itself is the same instant, and one fire.
    [TestCase("FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30", "Europe/Berlin", "2027-03-28T00:00Z", "01:00 01:30 00:00 00:30 01:00")]
    [TestCase("FREQ=DAILY;BYHOUR=2,3;BYMINUTE=10,40", "Europe/Berlin", "2027-03-28T00:00Z", "01:10 01:40 00:10 00:40 01:10")]
    [TestCase("FREQ=DAILY;BYHOUR=3,2;BYMINUTE=20", "Europe/Berlin", "2027-03-28T01:10Z", "01:20 00:20 01:20")]
    [TestCase("FREQ=HOURLY;INTERVAL=2;BYMINUTE=45", "Europe/Berlin", "2027-03-28T00:00Z", "01:45 02:45 04:45")]
    [TestCase("FREQ=HOURLY", "Europe/Berlin", "2027-03-28T00:00Z", "01:00 02:00 03:00")]
    [TestCase("FREQ=HOURLY", "Europe/Berlin", "2027-10-30T23:00Z", "00:00 02:00 03:00")]
    [TestCase("FREQ=MINUTELY;INTERVAL=30", "Europe/Berlin", "2027-03-28T00:30Z", "01:00 01:30 02:00")]
    [TestCase("FREQ=DAILY;BYHOUR=1;BYMINUTE=30", "Europe/Dublin", "2027-03-28T00:00Z", "01:30 00:30")]
    [TestCase("FREQ=DAILY;BYHOUR=1;BYMINUTE=30", "Europe/Dublin", "2027-10-31T00:00Z", "00:30 01:30")]
    [TestCase("FREQ=HOURLY", "Africa/Casablanca", "2027-02-07T00:00Z", "01:00 03:00 04:00")]
    [TestCase("FREQ=DAILY;BYHOUR=0;BYMINUTE=15", "America/Havana", "2027-03-14T04:00Z", "05:15 04:15")]
    [TestCase("FREQ=DAILY;BYHOUR=2;BYMINUTE=10", "Australia/Lord_Howe", "2027-10-02T15:00Z", "15:40 15:10")]
    // A whole day that was left out: 2011-12-30 is the 31st, which is due once.
    [TestCase("FREQ=DAILY;BYHOUR=9", "Pacific/Apia", "2011-12-29T10:00Z", "19:00 19:00 19:00")]
    public void Follows_the_clocks_as_the_RFC_says(string rule, string zone, string after, string due)
    {
        var from = DateTimeOffset.Parse(after, CultureInfo.InvariantCulture);
        var times = Schedule.Parse("rrule " + rule, zone).Next(from, due.Split(' ').Length);
        Assert.That(string.Join(' ', times.Select(t => t.ToString("HH:mm", CultureInfo.InvariantCulture))), Is.EqualTo(due));
        Assert.That(times, Is.Ordered.Ascending.And.Unique);
    }

    // 01:30Z is the second 02:30 in Berlin; the rule takes 02:30 from it, and the first times it counts are behind it.
    [Test]
    public void Counts_from_a_start_in_the_second_of_two_hours()
    {
        var starts = new DateTimeOffset(2027, 10, 31, 1, 30, 0, TimeSpan.Zero);
        var schedule = Schedule.Parse("rrule FREQ=HOURLY;COUNT=2", "Europe/Berlin", ScheduleLimits.None with { Starts = starts });
        Assert.That(schedule.Next(DateTimeOffset.MinValue.AddYears(1), 3), Is.EqualTo([starts.AddHours(1), starts.AddHours(2)]));
    }

    [Test]
    public void The_edges_of_the_calendar_throw_nothing(
        [Values("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9Z", "1969-12-31T23:59:59.5Z")] string starts,
        [Values("FREQ=SECONDLY", "FREQ=YEARLY;BYWEEKNO=1,53", "FREQ=MONTHLY;INTERVAL=999999999", "FREQ=WEEKLY;WKST=SU;INTERVAL=3")] string rule)
    {
        var anchor = DateTimeOffset.Parse(starts, CultureInfo.InvariantCulture);
        RrulePart part;
        try { part = RrulePart.Of("rrule", ["rrule", rule], Berlin, anchor); }
        catch (ScheduleException) { return; }
        foreach (var after in (DateTimeOffset[])[DateTimeOffset.MinValue, DateTimeOffset.MaxValue, anchor, new(9999, 12, 1, 23, 0, 0, TimeSpan.Zero)])
        {
            Assert.That(part.Next(after), Is.Null.Or.GreaterThan(after));
        }
    }

    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");

    private static void IsDue(string line)
    {
        var columns = line.Split(" | ");
        var zone = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");
        var start = Time(columns[0]);
        var due = new List<DateTime>();
        var year = "";
        foreach (var word in columns[2].Split(' ').Where(w => w != "…"))
        {
            if (word.Length == 4) { year = word; } else { due.Add(Time($"{year}-{word}")); }
        }
        var limits = ScheduleLimits.None with { Starts = new DateTimeOffset(start, zone.GetUtcOffset(start)) };
        var more = columns[2].EndsWith('…') ? 0 : 1;
        var times = Schedule.Parse("rrule FREQ=" + columns[1], zone.Id, limits).Next(DateTimeOffset.UnixEpoch, due.Count + more);
        Assert.That(times.Select(t => TimeZoneInfo.ConvertTime(t, zone).DateTime), Is.EqualTo(due));
    }

    private static DateTime Time(string text) =>
        DateTime.Parse(text.Contains('T', StringComparison.Ordinal) ? text : text + "T09:00", CultureInfo.InvariantCulture);
}
