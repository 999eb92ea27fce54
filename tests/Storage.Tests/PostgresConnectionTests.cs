namespace CoKe.Storage.Tests;

/// <summary>How many connections a silo holds, and how they introduce themselves.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresConnectionTests(PostgresFixture postgres)
{
    const string Connections = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name";

    [Theory]
    [InlineData("", "LIKE 'coke %'", 18)]
    [InlineData(";MaxPoolSize=13;Application Name=mine", "= 'mine'", 26)]
    public async Task Connections_OfABusySilo_AreFewAndNamed(string given, string name, long most)
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await using var silo = await StorageSilo.StartOnPostgresAsync(database + given);
        await Task.WhenAll(Enumerable.Range(0, 200).Select(i => silo.WriteNewAsync($"{i}", new byte[10_000])));
        Assert.InRange((long)(await PostgresServer.AskAsync(database, $"{Connections} {name}"))!, 2, most);
    }
}
