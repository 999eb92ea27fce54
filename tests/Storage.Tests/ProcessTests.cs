using System.Diagnostics;

namespace CoKe.Storage.Tests;

/// <summary>What only shows between processes: locks and deaths.</summary>
public sealed class ProcessTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    string Path => _folder.File("coke.db");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Kill_AmidWrites_LosesNothingAcknowledged()
    {
        var acknowledged = new int[AcknowledgedRows.Count];
        using var writer = Start("CoKe.Storage.Tests", Path);
        Assert.Equal("ready", await writer.StandardOutput.ReadLineAsync());
        await ReadAsync(300);
        writer.Kill(); // SIGKILL
        await ReadAsync(int.MaxValue); // what it had said until then
        await writer.WaitForExitAsync();

        await using var silo = await StorageSilo.StartAsync(Path);
        var unsaid = acknowledged.Max() + 1; // may be written, but it was killed before it said so
        for (var row = 0; row < acknowledged.Length; row++)
        {
            var kept = AcknowledgedRows.Value((await silo.ReadAsync($"run/{row}")).State!);
            Assert.True(
                kept == acknowledged[row] || (kept == unsaid && kept % acknowledged.Length == row),
                $"row {row}: {kept}, acknowledged {acknowledged[row]}"
            );
        }

        async Task ReadAsync(int lines)
        {
            while (lines-- > 0 && await writer.StandardOutput.ReadLineAsync() is { } line)
                if (line.Split(' ') is [var row, var value])
                    acknowledged[int.Parse(row)] = int.Parse(value);
        }
    }

    [Fact]
    public async Task Start_FileOfAnotherProcess_IsRefusedUntilThatOneIsKilled()
    {
        using var first = Start("CoKe.Storage.Tests", Path);
        Assert.Equal("ready", await first.StandardOutput.ReadLineAsync());
        await AssertRefusedAsync(
            ["CoKe.Silo", "--data", Path, "--http-port", $"{StorageSilo.FreePorts().First}"],
            $"Another silo uses the database file {Path}"
        );
        first.Kill();
        await first.WaitForExitAsync();
        await using var silo = await StorageSilo.StartAsync(Path);
    }

    [Fact]
    public async Task Silo_FileThatIsNoDatabase_EndsWithOneLine()
    {
        File.WriteAllText(Path, new string('x', 5_000));
        await AssertRefusedAsync(
            ["CoKe.Silo", "--data", _folder.Path, "--http-port", $"{StorageSilo.FreePorts().First}"],
            $"The file {Path} is no SQLite database"
        );
    }

    [Fact]
    public async Task Silo_SecondOfACluster_GetsNoFileOfItsOwn() =>
        await AssertRefusedAsync(["CoKe.Silo", "--data", Path, "--primary-port", "11111"], "--primary-port 11111 needs --storage memory");

    internal static async Task AssertRefusedAsync(string[] command, string words, string? never = null)
    {
        using var silo = Start(command);
        var output = silo.StandardOutput.ReadToEndAsync();
        var error = await silo.StandardError.ReadToEndAsync();
        await silo.WaitForExitAsync();
        Assert.Equal(1, silo.ExitCode);
        Assert.StartsWith(words, Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        Assert.Equal("", await output);
        if (never is not null)
            Assert.DoesNotContain(never, error);
    }

    // command[0] is an assembly beside the tests.
    internal static Process Start(params string[] command) =>
        Process.Start(BuiltProgram.Start(System.IO.Path.Combine(AppContext.BaseDirectory, command[0] + ".dll"), command[1..]))!;
}
