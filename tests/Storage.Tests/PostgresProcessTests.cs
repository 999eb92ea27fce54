using System.Net;

namespace CoKe.Storage.Tests;

/// <summary>Silos as people start them, on PostgreSQL.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresProcessTests(PostgresFixture postgres)
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task Silo_DatabaseStops_IsNotReadyAndSaysWhy_UntilItRunsAgain()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        var http = StorageSilo.FreePorts().First;
        using var silo = ProcessTests.Start(Command(database, http));
        try
        {
            Assert.StartsWith("Silo ready", await silo.StandardOutput.ReadLineAsync());
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
            Assert.Equal((HttpStatusCode.OK, "ready"), await HealthAsync(client));
            await postgres.Server.StopAsync();
            try
            {
                var (code, text) = await UntilAsync(client, HttpStatusCode.ServiceUnavailable);
                Assert.StartsWith("The ", text);
                Assert.Contains("the PostgreSQL database test", text, StringComparison.OrdinalIgnoreCase);
                Assert.EndsWith("the run goes on by itself.", text);
            }
            finally
            {
                await postgres.Server.StartAsync();
            }

            Assert.Equal("ready", (await UntilAsync(client, HttpStatusCode.OK)).Text);
        }
        finally
        {
            silo.Kill();
            await silo.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Metrics_HaveThoseOfNpgsql_AndTellNobodyHowToConnect()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        var http = StorageSilo.FreePorts().First;
        using var silo = ProcessTests.Start(Command(database, http));
        try
        {
            Assert.StartsWith("Silo ready", await silo.StandardOutput.ReadLineAsync());
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
            var page = await client.GetStringAsync("/metrics");
            Assert.Contains("db_client_connection_count{", page);
            Assert.Contains("\"coke membership\"", page); // what a pool is called
            Assert.DoesNotContain("Host=", page, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("Username", page, StringComparison.OrdinalIgnoreCase);
        }
        finally
        {
            silo.Kill();
            await silo.WaitForExitAsync();
        }
    }

    [Fact]
    public async Task Silo_WrongPassword_EndsWithOneLineWithoutIt()
    {
        var database = await postgres.Server.CreateDatabaseAsync();
        await ProcessTests.AssertRefusedAsync(
            Command($"{database};Password=wrong-secret", StorageSilo.FreePorts().First),
            "The PostgreSQL database test",
            "secret"
        );
    }

    [Fact]
    public async Task Silo_NoServer_EndsWithOneLine()
    {
        await ProcessTests.AssertRefusedAsync(
            Command("Host=127.0.0.1;Port=1;Database=coke;Username=coke;Password=my-secret", StorageSilo.FreePorts().First),
            "The PostgreSQL database coke at 127.0.0.1:1 cannot be reached: start the server, or correct host and port.",
            "secret"
        );
    }

    static string[] Command(string database, int http)
    {
        var (silo, gateway) = StorageSilo.FreePorts();
        return
        [
            "CoKe.Silo",
            "--storage",
            "postgres",
            "--connection",
            database,
            "--silo-port",
            $"{silo}",
            "--gateway-port",
            $"{gateway}",
            "--http-port",
            $"{http}",
        ];
    }

    static async Task<(HttpStatusCode Code, string Text)> HealthAsync(HttpClient client)
    {
        using var answer = await client.GetAsync("/health");
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    // The silo looks every two seconds; each answer of its page is asked for as the one before is there.
    static async Task<(HttpStatusCode Code, string Text)> UntilAsync(HttpClient client, HttpStatusCode code)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            var answer = await HealthAsync(client);
            if (answer.Code == code)
                return answer;
            patience.Token.ThrowIfCancellationRequested();
        }
    }
}
