namespace Scheduler.Schedules;

/// <summary>What stands in one place of a form.</summary>
internal enum EventSlot
{
    /// <summary>Names of jobs (<see cref="EventGrammar.JobName"/>), <c> and </c> between them: 1 to <see cref="EventGrammar.JobsMax"/>, each once.
    /// </summary>
    Jobs,
    /// <summary>One of <see cref="EventGrammar.Outcomes"/>.</summary>
    Outcome,
    /// <summary>There, or not.</summary>
    FromStartup,
    /// <summary>A duration from <see cref="EventGrammar.LengthMin"/> to <see cref="EventGrammar.DelayMax"/>.</summary>
    Delay,
    /// <summary>A duration from <see cref="EventGrammar.LengthMin"/> to <see cref="EventGrammar.IntervalMax"/>.</summary>
    Interval,
    /// <summary><see cref="EventGrammar.ChannelName"/>, none of <see cref="EventGrammar.OwnChannels"/>.</summary>
    Channel,
}

/// <summary>One way to write a part that is due by an event.</summary>
/// <param name="Event">What it waits for; the first word of a row of <c>scheduler_private.subscription</c>.</param>
/// <param name="Head">Its first word.</param>
/// <param name="Pattern">Of the whole part, single blanks between its words. There is one way to read a text by it.</param>
/// <param name="Slots">What its groups hold, in their order; a group that is not there is left out.</param>
internal sealed record EventForm(string Event, string Head, string Pattern, EventSlot[] Slots);

/// <summary>A word that is written otherwise, and is put right to say what may be meant.</summary>
/// <param name="Head">First word of the parts it is for; empty for all.</param>
/// <param name="Pattern">What is replaced, wherever it stands, letters of either case.</param>
/// <param name="Put">What it is replaced with; <c>{1}</c> is the first group.</param>
internal sealed record EventRepair(string Head, string Pattern, string Put);

/// <summary>
/// What parts that are due by an event look like, as tables. Patterns are written in what the regular expressions of .NET and of PostgreSQL have in
/// common: the judge of SQL is made from here. A text is judged so:
/// <list type="number">
/// <item>Its words are put together with single blanks. The first group of <see cref="WithPattern"/> is the part, the second its params.</item>
/// <item>It is an event's when a form of its head matches and all slots hold what they should.</item>
/// <item>Else the problem is that of the first wrong slot, the first of <see cref="Refusals"/> that matches, or that of its head
/// (<see cref="Expected"/>). What is meant is the text after all <see cref="Repairs"/> of its head, one after the other, or with one word
/// replaced by the nearest of <see cref="Keywords"/>; it is said when it can be read.</item>
/// </list>
/// </summary>
internal static class EventGrammar
{
    /// <summary>Most jobs of one part: a list that is longer is read by no one; a job in between can gather them.</summary>
    public const int JobsMax = 10;
    /// <summary>Least delay and interval, in seconds: instants are whole seconds.</summary>
    public const int LengthMin = 1;
    /// <summary>Greatest delay, in seconds: a year, as the job's other durations.</summary>
    public const int DelayMax = 365 * 86_400;
    /// <summary>Greatest interval, in seconds: as of <c>every</c> alone.</summary>
    public const long IntervalMax = 36_500L * 86_400;
    /// <summary>Most params of one part: as many as a person reads in a line.</summary>
    public const int ParamsMax = 20;

    /// <summary>Name of a job.</summary>
    public const string JobName = "^[a-z0-9._/-]{1,200}$";
    /// <summary>What NOTIFY makes of a name without quotes, so that capitals puzzle no one.</summary>
    public const string ChannelName = "^[a-z_][a-z0-9_]{0,62}$";
    /// <summary>The scheduler's own channels.</summary>
    public const string OwnChannels = "^scheduler_";
    /// <summary>A part, and the params behind it.</summary>
    public const string WithPattern = "^(.+) with ([^ =]+=[^ ]+(?: [^ =]+=[^ ]+)*)$";
    /// <summary>A part with something behind <c>with</c>: a mistake when neither <see cref="WithPattern"/> nor a form matches.</summary>
    public const string WithSlip = "^(.+) with(?: .*)?$";
    /// <summary>One param: its name and its value.</summary>
    public const string Param = "^([^ =;,'\"{}]{1,100})=([^ ;,'\"]+)$";

    private const string Word = "([^ ]+)";
    private const string Later = "(?: \\+ ([^ ]+))?";
    // Where a word of a repair ends.
    private const string End = "(?=[ +]|$)";

    /// <summary>What may follow <c>on</c> behind a job.</summary>
    public static readonly string[] Outcomes = ["success", "failure", "any"];

    /// <summary>All words that have a meaning.</summary>
    public static readonly string[] Keywords =
        ["after", "and", "on", "success", "failure", "any", "from", "startup", "release", "node", "start", "notify", "every", "end", "with"];

    /// <summary>All forms; no two match one text.</summary>
    public static readonly EventForm[] Forms =
    [
        new("after", "after", $"^after ([^ ]+(?: and [^ ]+)*)(?: on {Word})?( from startup)?{Later}$",
            [EventSlot.Jobs, EventSlot.Outcome, EventSlot.FromStartup, EventSlot.Delay]),
        new("startup", "on", $"^on startup{Later}$", [EventSlot.Delay]),
        new("release", "on", $"^on release{Later}$", [EventSlot.Delay]),
        new("node", "on", $"^on node start{Later}$", [EventSlot.Delay]),
        new("notify", "on", $"^on notify {Word}{Later}$", [EventSlot.Channel, EventSlot.Delay]),
        new("end", "every", $"^every {Word} after end$", [EventSlot.Interval]),
    ];

    /// <summary>A text of <c>every</c> is an event's when it matches; else it is an interval's.</summary>
    public const string EveryAfter = "^every .* (?:after|since|from) ";

    /// <summary>What is expected of a part that begins so, when nothing more fitting is known.</summary>
    public static readonly IReadOnlyDictionary<string, string> Expected = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["after"] = "expected 'after JOB' or 'after JOB and JOB', behind it 'on failure' or 'on any', 'from startup', '+ 5m', each or none, "
            + "in this order",
        ["on"] = "expected 'on startup', 'on release', 'on node start' or 'on notify CHANNEL', behind it '+ 5m' or nothing",
        ["every"] = "expected 'every' and a duration, and behind it 'after end' or nothing, such as 'every 5m after end'",
    };

    /// <summary>What is wrong with what stands in a slot; <c>{0}</c> is its text.</summary>
    public static readonly IReadOnlyDictionary<EventSlot, string> Wrong = new Dictionary<EventSlot, string>
    {
        [EventSlot.Jobs] = "'{0}' is no job name; expected lower-case letters, digits and . _ - /",
        [EventSlot.Outcome] = "'{0}' is no outcome; expected success, failure or any",
        [EventSlot.Delay] = "'{0}' is no delay; expected a duration of whole seconds from 1s to 365d, such as 15m",
        [EventSlot.Interval] = "'{0}' is no interval; expected a duration of whole seconds from 1s to 36500d, such as 5m; "
            + "what is to follow at once can be due 'on notify CHANNEL'",
        [EventSlot.Channel] = "'{0}' is no channel; expected at most 63 lower-case letters, digits and _, not beginning with a digit",
    };

    /// <summary>A list of more than <see cref="JobsMax"/> jobs.</summary>
    public const string TooManyJobs = "names more than 10 jobs; expected at most 10";
    /// <summary>A job that is named twice; <c>{0}</c> is its name.</summary>
    public const string JobTwice = "names '{0}' twice; expected each job once";
    /// <summary>A schedule with more than one <c>after end</c>: it would be due by the shortest alone.</summary>
    public const string SeveralEnds = "has several parts 'after end'; expected one";
    /// <summary>A channel of the scheduler's own.</summary>
    public const string OwnChannel = "channels named scheduler_… are the scheduler's own; expected another name";
    /// <summary>What is wrong behind <c>with</c>.</summary>
    public const string WrongParams = "what stands behind 'with' cannot be read; expected NAME=VALUE, such as mode=full, "
        + "several separated by blanks, without quotes, commas and semicolons";
    /// <summary>A param that is given twice; <c>{0}</c> is its name.</summary>
    public const string ParamTwice = "gives '{0}' twice; expected each param once";
    /// <summary>More than <see cref="ParamsMax"/> params.</summary>
    public const string TooManyParams = "gives more than 20 params; expected at most 20";

    /// <summary>Texts that are refused with words of their own; the first that matches counts.</summary>
    public static readonly (string Pattern, string Why)[] Refusals =
    [
        ("^on notify$", "cannot be read; expected 'on notify' and one channel"),
        ("^after .+ or .+", "waits for one of several jobs; expected a part for each, separated by ;, such as 'after a; after b'"),
        ("^after .+ not .+", "cannot be read; what failed is followed by 'after JOB on failure'"),
        ("^every .+ after end \\+ ", "has a delay behind an interval; expected the interval alone"),
    ];

    /// <summary>In the order they are applied.</summary>
    public static readonly EventRepair[] Repairs =
    [
        new("on", $"^on (?:the )?(?:cluster )?(?:start ?up|started|start|boot|reboot){End}", "on startup"),
        new("on", $"^on (?:each |every |all )?nodes?(?: ?(?:start ?up|started|start|up|joined|join|live))?{End}", "on node start"),
        new("on", $"^on (?:new )?(?:deploy|deployment|deployed|edit|change|version|update|released){End}", "on release"),
        new("on", "^on (?:channel|listen|notification|notify channel) ", "on notify "),
        new("after", "^after (?:all of |both |the end of |end of |success of )", "after "),
        new("after", " ?(?:,|&&?) ?(?:and )?", " and "),
        new("after", $" from (?:the )?(?:cluster )?(?:start ?up|start|boot|reboot){End}", " from startup"),
        new("after", $"( from startup) on ([a-z]+){End}", " on {2}{1}"),
        new("after", $" (?:(?:on|if|when|has|have) )?(?:it )?(?:success|succeeds|succeeded|succeed|successful|ok){End}", " on success"),
        new("after", $" (?:(?:on|if|when|has|have) )?(?:it )?(?:failure|failures|fail|fails|failed|error|errors){End}", " on failure"),
        new("after", $" (?:on|if|when) (?:it )?(?:always|all|both|either|end|ends|ended|completion|complete|completed|finish|finished|done){End}",
            " on any"),
        new("every", $"^every (.+) (?:after|since|from) (?:(?:its|the|each|last|previous|run|job|own|a) )*"
            + $"(?:end|ends|ended|finish|finishes|finished|completion|completes|completed|done|run)(?: of .*)?{End}", "every {1} after end"),
        new("every", "^every (.+) after (?!end(?: |$))([^ +]+)$", "after {2} + {1}"),
        new("", " ?(?:\\+|plus|delayed by) ?", " + "),
    ];

    /// <summary>Where a duration stands in a text that was put right, as the second group: it is replaced by what it means.</summary>
    public static readonly string[] Durations = ["^(every )(.+)( after end)$", "^(.+ \\+ )([^+]+)()$"];

    /// <summary>What is put right behind <c>with</c>, one after the other.</summary>
    public static readonly (string Pattern, string Put)[] ParamRepairs = [(" ?= ?", "="), (": ", "="), ("['\"]", ""), (" ?[,;] ?", " ")];
}
