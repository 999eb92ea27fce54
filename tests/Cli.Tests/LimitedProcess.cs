using System.Diagnostics;

namespace CoKe.Cli.Tests;

/// <summary><c>coke</c> as a process whose heap is limited.</summary>
static class LimitedProcess
{
    /// <summary>Runs it to its end.</summary>
    /// <param name="megabytes">The limit, in millions of bytes.</param>
    /// <param name="args">Its arguments.</param>
    public static async Task<Outcome> RunAsync(int megabytes, params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "coke.dll"), .. args])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_GCHeapHardLimit"] = $"0x{megabytes * 1_000_000L:x}";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return new Outcome(process.ExitCode, await output, await error);
    }
}
