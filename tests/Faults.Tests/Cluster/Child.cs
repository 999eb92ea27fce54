using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace CoKe.Faults.Tests.Cluster;

/// <summary>A program of this repository that runs in a process of its own, and what it writes line by line.</summary>
sealed class Child : IAsyncDisposable
{
    readonly Process _process;
    readonly BlockingCollection<string> _lines = [];
    readonly Task<string> _error;
    readonly Task _reading;

    Child(string assembly, IEnumerable<string> arguments)
    {
        _process = Process.Start(BuiltProgram.Start(assembly, arguments))!;
        _error = _process.StandardError.ReadToEndAsync();
        _reading = ReadAsync();
    }

    /// <summary>Starts <c>coke</c>.</summary>
    public static Child Coke(IEnumerable<IPEndPoint> gateways, params string[] arguments) =>
        new(BuiltProgram.Of("Cli", "coke.dll"), [.. arguments, .. gateways.SelectMany(gateway => (string[])["--gateway", $"{gateway}"])]);

    /// <summary>
    /// Starts a trainer that feeds a rank of a run, and says <c>step EPOCH STEP</c> and <c>epoch EPOCH</c>; see
    /// <see cref="Runs.FeedCommand"/>. It stands still at the step <c>EPOCH:STEP</c> of <paramref name="halt"/>.
    /// </summary>
    public static Child Trainer(IEnumerable<IPEndPoint> gateways, string run, int rank, int epochs, string? halt = null) =>
        new(
            typeof(Child).Assembly.Location,
            [
                "feed",
                run,
                "--rank",
                $"{rank}",
                "--epochs",
                $"{epochs}",
                .. halt is null ? [] : (string[])["--halt", halt],
                .. gateways.SelectMany(gateway => (string[])["--gateway", $"{gateway}"]),
            ]
        );

    /// <summary>Starts a program that embeds a silo, connects to it, and says so; see <see cref="Runs.EmbeddingProgram"/>.</summary>
    public static Child Embedding() => new(typeof(Child).Assembly.Location, [Runs.EmbeddingProgram.Name]);

    /// <summary>Starts <c>demo</c>: a trainer that trains, on one thread.</summary>
    public static Child Demo(IEnumerable<IPEndPoint> gateways, params string[] arguments) =>
        new(
            BuiltProgram.Of("Trainer", "coke-train.dll"),
            ["demo", .. arguments, .. gateways.SelectMany(gateway => (string[])["--gateway", $"{gateway}"])]
        );

    /// <summary>Completes when it is gone.</summary>
    public Task Death => _process.WaitForExitAsync();

    /// <summary>The next line it writes; null when it is gone.</summary>
    public Task<string?> NextAsync() => Task.Run(() => _lines.TryTake(out var line, Timeout.Infinite) ? line : null);

    /// <summary>Completes when a line satisfies a condition.</summary>
    /// <exception cref="EndOfStreamException">It is gone without.</exception>
    public async Task<string> UntilAsync(Func<string, bool> holds)
    {
        while (await NextAsync() is { } line)
            if (holds(line))
                return line;
        throw new EndOfStreamException($"It ended with {_process.ExitCode}: {await _error}");
    }

    /// <summary>Completes when it is gone.</summary>
    /// <returns>Exit code, the lines that nobody has taken yet, and what it wrote to stderr.</returns>
    public async Task<(int Exit, string[] Lines, string Error)> EndAsync()
    {
        await _process.WaitForExitAsync();
        await _reading;
        var lines = new List<string>();
        while (_lines.TryTake(out var line))
            lines.Add(line);
        return (_process.ExitCode, [.. lines], await _error);
    }

    /// <summary>Sends it a signal.</summary>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{name} {_process.Id}"]); // the shell's own: a slim image has no other
        await kill.WaitForExitAsync();
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        await _reading;
        _process.Dispose();
        _lines.Dispose();
    }

    async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
            _lines.Add(line);
        _lines.CompleteAdding();
    }
}
