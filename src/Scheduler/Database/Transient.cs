using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Scheduler.Database;

/// <summary>An HTTP answer that is not the one expected.</summary>
/// <param name="message">What was asked and what came back.</param>
/// <param name="status">The answer's status.</param>
/// <param name="retryAfter">How long the other side asks us to wait before the next try, when it does.</param>
public sealed class AnswerException(string message, HttpStatusCode status, TimeSpan? retryAfter = null) : HttpRequestException(message, null, status)
{
    /// <summary>How long the other side asks us to wait before the next try.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>A kind's own word that its failure may be over at the next try.</summary>
/// <param name="message">What failed.</param>
/// <param name="retryAfter">How long a next try makes no sense; null when that is not known.</param>
public sealed class TryAgainException(string message, TimeSpan? retryAfter = null) : Exception(message)
{
    /// <summary>How long a next try makes no sense.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}

/// <summary>Says which failures are worth another try. The only place that does; everything else is permanent.</summary>
public static class Transient
{
    /// <summary>
    /// True for failures that a later try may not meet again: a lost or refused connection, a restarting server, a deadlock or a
    /// serialization failure, a cancelled lock wait, an HTTP answer of 429 or 5xx. A statement's own time-out is not one: the next try
    /// would take as long.
    /// </summary>
    public static bool IsTransient(Exception error) => error switch
    {
        TryAgainException => true,
        PostgresException { SqlState: "57014" } => false,                      // query_canceled: a time-out or a cancel
        PostgresException { SqlState: "25P03" or "57P01" or "57P02" or "57P03" } => true,   // session ended by the server, shutdown, starting up
        PostgresException { SqlState: "55P03" } => true,                       // lock_not_available
        PostgresException p => p.IsTransient,
        NpgsqlException { InnerException: TimeoutException } => true,          // connection or pool time-out
        NpgsqlException n => n.IsTransient || n.InnerException is IOException or SocketException,
        HttpRequestException { StatusCode: null or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError } => true,
        SocketException or IOException { InnerException: SocketException } => true,
        _ => false,
    };

    /// <summary>
    /// True when these very values can never be stored: the database refused them (classes 22, 23, 54), or they could not even be sent.
    /// Anything else may be over at the next try: a lock, a slow or read-only database, missing rights.
    /// </summary>
    public static bool IsRefusal(Exception error) => error switch
    {
        PostgresException p => p.SqlState.StartsWith("22", StringComparison.Ordinal) || p.SqlState.StartsWith("23", StringComparison.Ordinal)
            || p.SqlState.StartsWith("54", StringComparison.Ordinal),
        NpgsqlException or OperationCanceledException or TimeoutException or IOException or SocketException or ObjectDisposedException => false,
        _ => true,
    };
}
