using System.Net.Sockets;
using Npgsql;
using static Npgsql.PostgresErrorCodes;

namespace CoKe.Storage.Postgres;

/// <summary>What the errors of server and network mean to a person: one sentence with the place and the remedy, never with a
/// password.</summary>
static class PostgresRefusal
{
    /// <summary>The sentence; null when neither server nor network said it.</summary>
    /// <param name="place">Database, host and port.</param>
    /// <param name="exception">What was thrown.</param>
    public static string? Trouble(string place, Exception exception) =>
        exception switch
        {
            PostgresException said => Said(place, said),
            _ when Holds<SocketException>(exception) is { } socket => Unreachable(place, socket),
            NpgsqlException { InnerException: TimeoutException } or TimeoutException =>
                $"The PostgreSQL database {place} does not answer in time: look whether server and network work; {GoesOn.ByItself}.",
            NpgsqlException { InnerException: IOException } =>
                $"The connection to the PostgreSQL database {place} was cut: look whether server and network work; {GoesOn.ByItself}.",
            NpgsqlException other => $"The PostgreSQL database {place} does not work ({Line(other.Message)}): look into its log.",
            _ => null,
        };

    /// <summary>Whether the connection is lost, and so are probably the others.</summary>
    public static bool IsCut(Exception exception) =>
        exception is PostgresException { SqlState: AdminShutdown or CrashShutdown or CannotConnectNow }
        || (exception is NpgsqlException and not PostgresException && exception.InnerException is IOException or SocketException);

    /// <summary>Whether the server is there and only has no connection left, which others may have.</summary>
    public static bool IsAnswer(Exception exception) => Holds<PostgresException>(exception) is { SqlState: TooManyConnections };

    static string Said(string place, PostgresException said) =>
        said.SqlState switch
        {
            DiskFull => $"The disk of the PostgreSQL database {place} is full: free space; {GoesOn.ByItself}.",
            AdminShutdown or CrashShutdown or IdleSessionTimeout =>
                $"The PostgreSQL database {place} cut its connections: start the server if it was stopped; {GoesOn.ByItself}.",
            CannotConnectNow => $"The PostgreSQL database {place} is starting or stopping: wait, or start the server; {GoesOn.ByItself}.",
            TooManyConnections =>
                $"The PostgreSQL database {place} has too many connections: end some or raise max_connections; {GoesOn.ByItself}.",
            InvalidPassword or InvalidAuthorizationSpecification =>
                $"The PostgreSQL database {place} refuses the user or password of the connection string: correct them, "
                    + "or the server's pg_hba.conf.",
            InvalidCatalogName => $"There is no PostgreSQL database {place}: create it, or correct the connection string.",
            InsufficientPrivilege => $"The PostgreSQL database {place} denies this user what is needed ({Line(said.MessageText)}): "
                + $"grant it CREATE on the database, or make it the owner of the schema {PostgresSchema.Name}.",
            ReadOnlySqlTransaction =>
                $"The PostgreSQL database {place} cannot be written: connect to the primary server, not to a standby; {GoesOn.ByItself}.",
            UndefinedTable or UndefinedColumn or InvalidSchemaName =>
                $"The PostgreSQL database {place} lacks tables of the schema {PostgresSchema.Name} ({Line(said.MessageText)}): "
                    + "start a silo, which makes those of a new database, or restore them from a backup.",
            OutOfMemory
            or InsufficientResources
            or ConfigurationLimitExceeded
            or IoError
            or LockNotAvailable
            or QueryCanceled
            or DeadlockDetected
            or SerializationFailure =>
                $"The PostgreSQL database {place} is hindered (error {said.SqlState}, {Line(said.MessageText)}): look into its log; "
                    + $"{GoesOn.ByItself} once it works.",
            ProtocolViolation when said.MessageText.Contains("statement pooling", StringComparison.OrdinalIgnoreCase) =>
                $"The PostgreSQL database {place} is reached through a pooler in statement mode, which has no transactions: "
                    + "set its pool_mode to transaction or session, or connect to the server itself.",
            ProtocolViolation when said.MessageText.Contains("startup parameter", StringComparison.OrdinalIgnoreCase) =>
                $"A pooler before the PostgreSQL database {place} refuses the connection ({Line(said.MessageText)}): "
                    + "take that keyword out of the connection string, or add it to the pooler's ignore_startup_parameters.",
            DataCorrupted or IndexCorrupted =>
                $"The PostgreSQL database {place} is damaged (error {said.SqlState}, {Line(said.MessageText)}): "
                    + "stop the silos and restore it from a backup.",
            _ => $"The PostgreSQL database {place} does not work (error {said.SqlState}, {Line(said.MessageText)}): look into its log.",
        };

    static string Unreachable(string place, SocketException socket) =>
        socket.SocketErrorCode switch
        {
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain =>
                $"The host of the PostgreSQL database {place} is unknown: correct the connection string.",
            SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown =>
                $"The connection to the PostgreSQL database {place} was cut: look whether server and network work; {GoesOn.ByItself}.",
            _ => $"The PostgreSQL database {place} cannot be reached: start the server, or correct host and port; {GoesOn.ByItself}.",
        };

    static T? Holds<T>(Exception? exception)
        where T : Exception
    {
        for (; exception is not null; exception = exception.InnerException)
            if (exception is T found)
                return found;
        return null;
    }

    static string Line(string text) => text.ReplaceLineEndings(" ").TrimEnd('.', ' ');
}
