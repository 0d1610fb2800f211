using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Scheduler.Cluster;
using Scheduler.Database;
using Scheduler.Jobs;
using Scheduler.Kinds.Http;

namespace Scheduler.Notifications;

/// <summary>How a try to deliver ended. Problem null: delivered.</summary>
/// <param name="Problem">What went wrong, without secrets.</param>
/// <param name="Permanent">True when the same message can never be delivered.</param>
/// <param name="RetryAfter">How long the other side asks us to wait.</param>
internal sealed record Sent(string? Problem, bool Permanent = false, TimeSpan? RetryAfter = null);

/// <summary>Delivers one message by its channel: fills secrets in, sends, and says how it ended. Never throws but for its own end.</summary>
public sealed class ChannelSender(HttpCaller http, MailSender mail, SecretSource secrets, TimeProvider time)
{
    private static readonly TimeSpan HttpTimeout = TimeSpan.FromSeconds(15);
    private const int ProblemLengthMax = 500;
    // What a receiver said, for the log of deliveries.
    private const int AnswerLengthMax = 200;

    /// <summary>Deliver it.</summary>
    internal async Task<Sent> Send(Delivery delivery, CancellationToken token)
    {
        var redactor = new Redactor();
        try
        {
            var settings = Fill(delivery.Settings, redactor);
            if (delivery.Kind == "email")
            {
                await mail.Send(delivery, settings, redactor, token);
                return new(null);
            }
            foreach (var request in HttpChannels.Requests(delivery, settings, time.GetUtcNow()))
            {
                var answer = await http.Send(request, redirects: 0, HttpTimeout, token);
                if ((int)answer.Status is < 200 or > 299) { return Refused(answer, redactor); }
            }
            return new(null);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested) { return new("no answer in time"); }
        catch (MailException e) { return new(Words(redactor, e.Message), e.Permanent); }
        catch (Exception e) when (!token.IsCancellationRequested)
        {
            var inner = e.InnerException is { } cause and not OperationCanceledException ? ": " + cause.Message : "";
            return new(Words(redactor, e.Message + inner), RetryAfter: (e as TryAgainException)?.RetryAfter);
        }
    }

    private static Sent Refused(HttpAnswer answer, Redactor redactor)
    {
        var said = answer.Body.Length > AnswerLengthMax ? answer.Body[..AnswerLengthMax] + "…" : answer.Body;
        return new(Words(redactor, FormattableString.Invariant($"answered {(int)answer.Status} {said}").Trim()),
            // What it says of this very message. A wrong address or key may be put right: those are tried again.
            answer.Status is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnsupportedMediaType
                or HttpStatusCode.UnprocessableEntity, answer.RetryAfter);
    }

    private static string Words(Redactor redactor, string text)
    {
        var clean = redactor.Clean(text).ReplaceLineEndings(" ");
        return clean.Length <= ProblemLengthMax ? clean : clean[..ProblemLengthMax] + "…";
    }

    // Text by text: a secret must not be able to end a string of the JSON.
    private JsonElement Fill(string settings, Redactor redactor)
    {
        var filled = (JsonObject)Fill(JsonNode.Parse(settings)!, redactor);
        using var document = JsonDocument.Parse(filled.ToJsonString());
        return document.RootElement.Clone();
    }

    private JsonNode Fill(JsonNode node, Redactor redactor) => node switch
    {
        JsonObject map => new JsonObject(map.Select(e => KeyValuePair.Create(e.Key, e.Value is null ? null : Fill(e.Value, redactor)))),
        JsonArray list => new JsonArray([.. list.Select(e => e is null ? null : Fill(e, redactor))]),
        JsonValue value when value.TryGetValue<string>(out var text) => JsonValue.Create(Placeholders.Fill(text, name => Secret(name, redactor))),
        _ => node.DeepClone(),
    };

    private string Secret(string name, Redactor redactor)
    {
        if (!Placeholders.IsSecret(name)) { throw new OperatorException($"the channel's settings name ${{{name}}}; expected ${{secret:NAME}}"); }
        var secret = name[Placeholders.SecretPrefix.Length..];
        var value = secrets.ForJobs(secret);
        redactor.Add(secret, value);
        return value;
    }
}
