using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Scheduler.Database;

namespace Scheduler.Server.Cli;

/// <summary>What an option or an argument may be, and the words for what it may not: name, value and what was expected.</summary>
internal static class Values
{
    /// <summary>A whole number within bounds, both included.</summary>
    public static Option<T> Between<T>(this Option<T> option, long least, long most)
    {
        option.Validators.Add(result => Add(result, option.Name, result.Tokens, text => IsWhole(text, least, most), Bounds(least, most)));
        return option;
    }

    /// <summary>A whole number within bounds, both included.</summary>
    public static Argument<T> Between<T>(this Argument<T> argument, long least, long most)
    {
        argument.Validators.Add(result => Add(result, argument.Name, result.Tokens, text => IsWhole(text, least, most), Bounds(least, most)));
        return argument;
    }

    /// <summary>One of a few words; the help shows them.</summary>
    public static Option<T> OneOf<T>(this Option<T> option, params string[] words)
    {
        option.HelpName = string.Join('|', words);
        option.CompletionSources.Add(words);
        option.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(t => !words.Contains(t.Value, StringComparer.Ordinal)))
            {
                result.AddError(Sentence(option.Name, token.Value, $"{string.Join(", ", words[..^1])} or {words[^1]}")
                    + Spelling.DidYouMean(token.Value, words));
            }
        });
        return option;
    }

    /// <summary>What this test of the text says yes to.</summary>
    public static Option<T> Reading<T>(this Option<T> option, Func<string, bool> fits, string expected)
    {
        option.Validators.Add(result => Add(result, option.Name, result.Tokens, fits, expected));
        return option;
    }

    private static void Add(SymbolResult result, string name, IEnumerable<Token> tokens, Func<string, bool> fits, string expected)
    {
        foreach (var token in tokens.Where(t => !fits(t.Value))) { result.AddError(Sentence(name, token.Value, expected)); }
    }

    private static string Sentence(string name, string value, string expected) => $"{name} is '{value}'; expected {expected}";

    private static bool IsWhole(string text, long least, long most) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most;

    private static string Bounds(long least, long most) => string.Create(CultureInfo.InvariantCulture,
        $"a whole number{(most == long.MaxValue ? $", {least} or more" : $" from {least} to {most}")}");
}
