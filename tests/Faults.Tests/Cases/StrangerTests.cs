using CoKe.Faults.Tests.Cluster;

namespace CoKe.Faults.Tests.Cases;

/// <summary>A silo that comes to a database whose silos do not let it in.</summary>
[Collection(PostgresCollection.Name)]
public sealed class StrangerTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("another-secret-of-somebody-else", "has another token: give the cluster's by --token-file or COKE_TOKEN.")]
    [InlineData(null, "asks for a token: give the cluster's by --token-file or COKE_TOKEN.")]
    public async Task Silo_OfAnotherToken_EndsWithOneLineThatSaysSo(string? token, string words)
    {
        var folder = Directory.CreateTempSubdirectory("coke-stranger-").FullName;
        try
        {
            var database = await postgres.Server.CreateDatabaseAsync();
            await using var first = new SiloProcess(null, "--storage", "postgres", "--token-file", File("own", "the-secret-of-the-cluster")) { Connection = database };
            Assert.True(await first.StartAsync(), first.Output);
            await using var stranger = new SiloProcess(null, ["--storage", "postgres", .. token is null ? (string[])[] : ["--token-file", File("other", token)]]) { Connection = database };

            Assert.False(await stranger.StartAsync(), stranger.Output);
            await stranger.Death;

            Assert.Equal((1, $"The silo at {first.Silo} {words}"), (stranger.ExitCode, Assert.Single(stranger.ErrorLines)));
            Assert.Equal("ready", (await first.HealthAsync()).Text);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string File(string name, string text)
        {
            System.IO.File.WriteAllText(Path.Combine(folder, name), text);
            return Path.Combine(folder, name);
        }
    }
}
