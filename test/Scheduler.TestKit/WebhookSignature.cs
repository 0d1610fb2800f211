using System.Security.Cryptography;
using System.Text;

namespace Scheduler.TestKit;

/// <summary>Verifies webhooks as a receiver would, from the Standard Webhooks specification alone.</summary>
public static class WebhookSignature
{
    /// <summary>What the header webhook-signature should say.</summary>
    public static string Of(string secret, string id, string timestamp, string body) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(
        Convert.FromBase64String(secret.Replace("whsec_", "", StringComparison.Ordinal)), Encoding.UTF8.GetBytes($"{id}.{timestamp}.{body}")));
}
