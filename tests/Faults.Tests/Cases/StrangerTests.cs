namespace CoKe.Faults.Tests.Cases;

/// <summary>A silo that comes to a database whose silos do not let it in.</summary>
[Collection(PostgresCollection.Name)]
public sealed class StrangerTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData("another-secret-of-somebody-else")]
    [InlineData(null)]
    public async Task Silo_OfAnotherToken_EndsWithOneLineThatSaysSo(string? token)
    {
        const string Words =
            "is of other silos: give all of one cluster the same database or the same secret of silos, and the same tokens. "
            + "--silo-token-file, --token-file and --feed-token-file name their files.";
        var folder = Directory.CreateTempSubdirectory("coke-stranger-").FullName;
        try
        {
            var database = await postgres.Server.CreateDatabaseAsync();
            await using var first = new SiloProcess(null, "--storage", "postgres", "--token-file", File("own", "the-secret-of-the-cluster"))
            {
                Connection = database,
            };
            Assert.True(await first.StartAsync(), first.Output);
            await using var stranger = new SiloProcess(
                null,
                ["--storage", "postgres", .. token is null ? (string[])[] : ["--token-file", File("other", token)]]
            )
            {
                Connection = database,
            };

            Assert.False(await stranger.StartAsync(), stranger.Output);
            await stranger.Death;

            Assert.Equal((1, $"The silo at {first.Silo} {Words}"), (stranger.ExitCode, Assert.Single(stranger.ErrorLines)));
            Assert.Equal("ready", (await first.HealthAsync()).Text);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        string File(string name, string text)
        {
            var file = Path.Combine(folder, name);
            System.IO.File.WriteAllText(file, text);
            if (!OperatingSystem.IsWindows())
                System.IO.File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite); // or it is warned of
            return file;
        }
    }
}
