using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Scheduler.Database;

/// <summary>
/// Knows the secrets of one run and takes them out of whatever is about to be stored or logged, also where they stand base64-encoded (at any offset,
/// as in Basic authentication), URL-encoded, JSON-escaped or in hexadecimal.
/// </summary>
/// <remarks>Not found: secrets shorter than <see cref="LengthMin"/> characters, and encodings other than these (compressed, encrypted, reversed).
/// </remarks>
public sealed class Redactor
{
    /// <summary>Shorter values are no secrets worth the name; taking every "a" out of a text would leave nothing of it.</summary>
    public const int LengthMin = 4;
    // The part of an encoded secret that does not depend on its neighbours; below this length it would be found in ordinary text.
    private const int EncodedMin = 6;

    // What URL encoders leave as it is beside letters and digits: RFC 3986, ECMAScript's encodeURIComponent, forms and Java, PHP, .NET's WebUtility,
    // Python's quote.
    private static readonly string[] UrlSafe = ["-._~", "-._~!'()*", "*-._", "-._", "-._!()*", "/-._~"];

    // Escapes no more than JSON must.
    private static readonly JsonWriterOptions PlainJson = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock gate = new();
    private volatile (string Form, string Mark)[] forms = [];

    /// <summary>From now on this value does not pass; each line of it neither.</summary>
    public void Add(string name, string value)
    {
        var mark = $"[secret {name}]";
        var lines = value.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var known = lines.Prepend(value).Where(v => v.Length >= LengthMin).Distinct(StringComparer.Ordinal).SelectMany(FormsOf);
        lock (gate)
        {
            forms = [.. forms.Concat(known.Select(f => (Form: f, Mark: mark))).DistinctBy(f => f.Form).OrderByDescending(f => f.Form.Length)];
        }
    }

    /// <summary>The text without any of the secrets.</summary>
    public string Clean(string text)
    {
        foreach (var (form, mark) in forms)
        {
            if (text.Contains(form, StringComparison.Ordinal)) { text = text.Replace(form, mark, StringComparison.Ordinal); }
        }
        return text;
    }

    /// <summary>The JSON document with no secret in any of its texts and names: also none that is escaped there twice, as in JSON within JSON.
    /// </summary>
    public string CleanJson(string json)
    {
        if (forms.Length == 0) { return json; }
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        using var clean = new MemoryStream();
        using (var writer = new Utf8JsonWriter(clean, PlainJson))
        {
            while (reader.Read())
            {
                switch (reader.TokenType)
                {
                    case JsonTokenType.StartObject: writer.WriteStartObject(); break;
                    case JsonTokenType.EndObject: writer.WriteEndObject(); break;
                    case JsonTokenType.StartArray: writer.WriteStartArray(); break;
                    case JsonTokenType.EndArray: writer.WriteEndArray(); break;
                    case JsonTokenType.PropertyName: writer.WritePropertyName(Clean(reader.GetString()!)); break;
                    case JsonTokenType.String: writer.WriteStringValue(Clean(reader.GetString()!)); break;
                    default: writer.WriteRawValue(reader.ValueSpan); break;
                }
            }
        }
        // Once more as a whole: a secret may be a number.
        return Clean(Encoding.UTF8.GetString(clean.ToArray()));
    }

    private static IEnumerable<string> FormsOf(string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        IEnumerable<string> forms =
        [
            value, System.Net.WebUtility.HtmlEncode(value),
            JsonSerializer.Serialize(value)[1..^1], JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).ToString(),
            Convert.ToHexString(bytes), Convert.ToHexStringLower(bytes),
        ];
        var urls = UrlSafe.SelectMany(safe => new[] { Url(value, safe, "x2"), Url(value, safe, "X2") })
            .SelectMany(url => new[] { url, url.Replace("%20", "+", StringComparison.Ordinal) });
        return forms.Concat(urls).Concat(Enumerable.Range(0, 3).SelectMany(offset => Base64(bytes, offset))).Distinct(StringComparer.Ordinal);
    }

    // Within a longer text the secret begins at one of three places of a group of three bytes; the characters at its ends carry bits of its
    // neighbours and are left out.
    private static IEnumerable<string> Base64(byte[] bytes, int offset)
    {
        var text = Convert.ToBase64String([.. new byte[offset], .. bytes]).TrimEnd('=');
        var first = offset == 0 ? 0 : offset + 1;
        var last = (offset + bytes.Length) % 3 == 0 ? text.Length : text.Length - 1;
        if (last - first < EncodedMin) { return []; }
        var core = text[first..last];
        return [core, core.Replace('+', '-').Replace('/', '_')];
    }

    private static string Url(string value, string safe, string digits) => string.Concat(value.EnumerateRunes().Select(rune =>
        rune.IsAscii && (char.IsAsciiLetterOrDigit((char)rune.Value) || safe.Contains((char)rune.Value, StringComparison.Ordinal))
            ? rune.ToString()
            : string.Concat(Encoding.UTF8.GetBytes(rune.ToString()).Select(b => "%" + b.ToString(digits, CultureInfo.InvariantCulture)))));
}
