using System.Collections;
using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Scheduler.Database;

namespace Scheduler.Jobs;

/// <summary>What is wrong at one place of a job's settings.</summary>
/// <param name="Path">The key, e.g. <c>batch</c>, <c>env.PORT</c>, <c>argv[2]</c>.</param>
/// <param name="AtKey">True when the key itself is wrong, false when its value is.</param>
/// <param name="Message">Names key, value and what was expected.</param>
internal sealed record SettingsProblem(string Path, bool AtKey, string Message);

/// <summary>
/// Reads a job's settings into the record of its kind: snake_case keys, unknown keys refused, durations as text (<see cref="Duration"/>),
/// DataAnnotations checked.
/// </summary>
public static class KindSettings
{
    /// <summary>How settings and their JSON correspond.</summary>
    public static JsonSerializerOptions Options { get; } = MakeOptions();

    private static readonly ConcurrentDictionary<Type, IReadOnlyList<SettingsKey>> KeysOfType = new();
    private static readonly NullabilityInfoContext Nullability = new();
    private static readonly Lock NullabilityGate = new();

    /// <summary>
    /// The settings record of a kind, read from JSON. Throws <see cref="OperatorException"/> (exit code 2) whose message lists every
    /// mistake: key, value, what was expected.
    /// </summary>
    /// <param name="kind">The job's kind.</param>
    /// <param name="json">A JSON object.</param>
    public static object Read(Kind kind, string json)
    {
        var (settings, problems) = Check(kind.SettingsType, json);
        return problems.Count == 0
            ? settings!
            : throw new OperatorException($"settings of kind '{kind.Name}': " + string.Join("; ", problems.Select(p => p.Message)), 2);
    }

    /// <summary>The keys a settings record has, in the order of its declaration.</summary>
    internal static IReadOnlyList<SettingsKey> Keys(Type type) => KeysOfType.GetOrAdd(type, static type =>
        Options.GetTypeInfo(type) is { Kind: JsonTypeInfoKind.Object } info
            ? [.. info.Properties.Select(p =>
                new SettingsKey(p.Name, p.PropertyType, p.AttributeProvider as PropertyInfo, IsNullable(p), IsRequired(p)))]
            : []);

    /// <summary>Read and check without throwing: the record, or null and every mistake.</summary>
    internal static (object? Settings, IReadOnlyList<SettingsProblem> Problems) Check(Type type, string json)
    {
        var problems = new List<SettingsProblem>();
        try
        {
            using (var document = JsonDocument.Parse(json)) { SettingsShape.Check(document.RootElement, type, "", false, problems); }
            if (problems.Count > 0) { return (null, problems); }
            var settings = JsonSerializer.Deserialize(json, type, Options)!;
            if (settings is IValidatableObject whole)
            {
                problems.AddRange(whole.Validate(new ValidationContext(whole))
                    .Select(r => new SettingsProblem("", false, r.ErrorMessage ?? "the settings do not fit each other")));
            }
            return (problems.Count == 0 ? settings : null, problems);
        }
        catch (JsonException e) { return (null, [new("", false, $"the settings cannot be read: {e.Message}")]); }
    }

    /// <summary>Add a problem for every validation attribute of a key that refuses its value, which has the right form already.</summary>
    internal static void Annotations(SettingsKey key, JsonElement json, string path, List<SettingsProblem> problems)
    {
        var attributes = key.Property?.GetCustomAttributes<ValidationAttribute>().ToList() ?? [];
        if (attributes.Count == 0) { return; }
        var value = json.Deserialize(key.Type, Options);
        var context = new ValidationContext(key) { MemberName = key.Name, DisplayName = key.Name };
        problems.AddRange(attributes.Where(a => a.GetValidationResult(value, context) != ValidationResult.Success)
            .Select(a => new SettingsProblem(path, false, $"'{path}' is {Show(value)}; {Expected(a, value, key.Name)}")));
    }

    private static string Expected(ValidationAttribute attribute, object? value, string key) => attribute switch
    {
        { ErrorMessage: not null } => attribute.FormatErrorMessage(key),
        RequiredAttribute => "expected a value",
        RangeAttribute range => $"expected {(range.MinimumIsExclusive ? "more than " : "")}{Show(range.Minimum)} to {Show(range.Maximum)}",
        MinLengthAttribute min => $"expected at least {min.Length} {(value is string ? "characters" : "entries")}",
        MaxLengthAttribute max => $"expected at most {max.Length} {(value is string ? "characters" : "entries")}",
        RegularExpressionAttribute pattern => $"expected text that matches {pattern.Pattern}",
        _ => attribute.FormatErrorMessage(key),
    };

    private static string Show(object? value) => value switch
    {
        null => "empty",
        TimeSpan duration => Duration.Format(duration),
        // [Range(typeof(TimeSpan), "00:00:10", …)] keeps its ends as text until it has been used once.
        string text when TimeSpan.TryParseExact(text, "c", null, out var duration) => Duration.Format(duration),
        string text => $"'{text}'",
        IEnumerable items => $"a list of {items.Cast<object?>().Count()}",
        _ => JsonSerializer.Serialize(value, Options),
    };

    private static bool IsRequired(JsonPropertyInfo property) =>
        property.IsRequired || property.AttributeProvider?.IsDefined(typeof(RequiredAttribute), true) == true;

    private static bool IsNullable(JsonPropertyInfo property)
    {
        if (Nullable.GetUnderlyingType(property.PropertyType) is not null) { return true; }
        if (property.PropertyType.IsValueType || property.AttributeProvider is not PropertyInfo info) { return false; }
        lock (NullabilityGate) { return Nullability.Create(info).ReadState == NullabilityState.Nullable; }
    }

    private static JsonSerializerOptions MakeOptions()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
            AllowDuplicateProperties = false,
            TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
            Converters = { new DurationConverter(), new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        };
        options.MakeReadOnly();
        return options;
    }
}

/// <summary>One key of a settings record.</summary>
/// <param name="Name">As operators write it, snake_case.</param>
/// <param name="Type">Type of its value.</param>
/// <param name="Property">The record's property, null when there is none to reflect on.</param>
/// <param name="IsNullable">True when null may be written.</param>
/// <param name="IsRequired">True when it must be written.</param>
internal sealed record SettingsKey(string Name, Type Type, PropertyInfo? Property, bool IsNullable, bool IsRequired);
