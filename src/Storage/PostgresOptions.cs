using CoKe.Errors;
using Npgsql;

namespace CoKe.Storage;

/// <summary>Where silos keep their runs and find each other: one PostgreSQL database of one cluster.</summary>
public sealed record PostgresOptions
{
    const string Example = "Host=localhost;Database=coke;Username=coke;Password=...";

    /// <summary>
    /// Npgsql's keywords, for example <c>Host=localhost;Port=5432;Database=coke;Username=coke;Password=...</c>. A password may also come
    /// from <c>PGPASSWORD</c> or a password file, as for <c>psql</c>. The tables lie in the schema <c>coke</c>, whatever the search path
    /// says. Time limits and the size of the pool are the program's unless they are given.
    /// </summary>
    public required string ConnectionString { get; init; }

    /// <summary>Never the connection string: it may hold a password.</summary>
    public override string ToString() => nameof(PostgresOptions);

    /// <summary>Refuses what cannot work. Nothing is connected to.</summary>
    /// <exception cref="InvalidOptionsException">The connection string cannot be read, or names no server.</exception>
    public void Validate() => Parse();

    internal NpgsqlConnectionStringBuilder Parse()
    {
        if (string.IsNullOrWhiteSpace(ConnectionString))
            throw Refused("The connection string is empty");
        NpgsqlConnectionStringBuilder parsed;
        try
        {
            parsed = new NpgsqlConnectionStringBuilder(ConnectionString);
        }
        catch (Exception exception)
            when (exception is ArgumentException or FormatException or KeyNotFoundException or InvalidCastException or OverflowException)
        {
            // What could not be read is not repeated, also not as the inner exception: the password may be in it.
            throw Refused("The connection string cannot be read");
        }

        if (string.IsNullOrWhiteSpace(parsed.Host))
            throw Refused("The connection string names no host");
        return parsed;
    }

    static InvalidOptionsException Refused(string what) => new(nameof(ConnectionString), "(not shown)", $"{what}: give it as {Example}");
}
