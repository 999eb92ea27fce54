namespace CoKe.Silo.Tests;

/// <summary>What a silo cannot start on it refuses with exit code 1 and one line that says what to do.</summary>
public sealed class RefusalTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string File => _folder.File("coke.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_FileOfARunningSilo_IsRefused()
    {
        await using var first = new SiloProcess(File);
        Assert.True(await first.StartAsync(), first.Output);
        Assert.Equal($"Another silo uses the database file {File}: stop it, or give this one a file of its own.", await RefusalAsync(File));
        Assert.Equal("ready", (await first.HealthAsync()).Text); // the first goes on
    }

    [Fact]
    public async Task Start_FolderWhereNobodyWrites_IsRefused()
    {
        if (!OperatingSystem.IsLinux())
            return;
        // Permissions do not hold root back; here not even root makes files.
        Assert.Contains("cannot be written: allow this user to write there, or give another path.", await RefusalAsync("/sys/coke.db"));
        Assert.Contains(
            "cannot be made: make it so that this user can write there, or give another path.",
            await RefusalAsync("/proc/coke/")
        );
    }

    [Fact]
    public async Task Start_FolderWithoutPermission_IsRefused()
    {
        if (!OperatingSystem.IsLinux() || Environment.IsPrivilegedProcess)
            return; // root writes anywhere; see the test before
        System.IO.File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            Assert.Contains("cannot be written: allow this user to write there", await RefusalAsync(File));
        }
        finally
        {
            System.IO.File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Theory]
    [InlineData(7, "has schema 7, this program knows up to 1: use the newer program, or give another path.")]
    [InlineData(
        0,
        "has schema 0, which this program (schema 1) cannot migrate: start it once with a program in between, or give another path."
    )]
    public async Task Start_SchemaOfAnotherVersion_IsRefused(int version, string words)
    {
        await using (var silo = new SiloProcess(File))
        {
            Assert.True(await silo.StartAsync(), silo.Output);
            await silo.StopAsync();
            Assert.Equal(0, silo.ExitCode);
        }

        new Database(File).SetSchema(version);
        Assert.Equal($"The database file {File} {words}", await RefusalAsync(File));
    }

    [Theory]
    [InlineData("--scoring-threads", "0", "--scoring-threads 0 cannot be used. Threads 0 is out of range: use 1 or more.")]
    [InlineData(
        "--checkpoint-interval",
        "0",
        "--checkpoint-interval 0 cannot be used. CheckpointInterval 0 is out of range: with a lead of 4 use 1 to 125."
    )]
    [InlineData(
        "--data-limit",
        "0.5",
        "--data-limit 0.5 cannot be used. A database file of at most 500000 bytes holds no run: allow at least 1048576, or give no limit."
    )]
    public async Task Start_OptionThatCannotWork_IsRefused(string option, string value, string words) =>
        Assert.Equal(words, await RefusalAsync(File, null, option, value));

    [Fact]
    public async Task Start_PortsOfARunningSilo_AreRefusedByName()
    {
        await using var first = new SiloProcess(File);
        Assert.True(await first.StartAsync(), first.Output);
        foreach (
            var (option, port) in new[]
            {
                ("--silo-port", first.Silo.Port),
                ("--gateway-port", first.Gateway.Port),
                ("--http-port", first.Http.Port),
            }
        )
        {
            var refusal = await RefusalAsync(null, null, $"{option}={port}");
            Assert.StartsWith($"{option} {port} cannot be listened on at 127.0.0.1: ", refusal);
            Assert.EndsWith("Stop who uses it, or give another.", refusal);
        }
    }

    [Theory]
    [InlineData("checkpoint.nowhere:1")]
    [InlineData("checkpoint.saved")]
    [InlineData("checkpoint.saved:0")]
    public async Task Start_UnknownFailpoint_IsRefused(string failpoint) =>
        Assert.StartsWith(
            $"COKE_FAILPOINT={failpoint} names no failpoint: unset it, or give NAME:COUNT",
            await RefusalAsync(File, failpoint)
        );

    static async Task<string> RefusalAsync(string? data, string? failpoint = null, params string[] options)
    {
        await using var silo = new SiloProcess(data, options);
        Assert.False(await silo.StartAsync(failpoint));
        await silo.Death;
        Assert.Equal(1, silo.ExitCode);
        var line = Assert.Single(silo.ErrorLines);
        Assert.Equal(line + "\n", silo.Output); // nothing on stdout
        return line;
    }
}
