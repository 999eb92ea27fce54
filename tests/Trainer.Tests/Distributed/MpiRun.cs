using System.Diagnostics;
using CoKe.Testing;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>Programs of several processes, as people start them: by mpirun.</summary>
static class MpiRun
{
    public static readonly string[] Options = ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "mpi_yield_when_idle", "1"];

    public static Process Start(int world, string assembly, params string[] arguments)
    {
        var program = BuiltProgram.Start(Path.Combine(AppContext.BaseDirectory, assembly), arguments);
        return Process.Start(new ProcessStartInfo("mpirun", [.. Options, "-n", $"{world}", program.FileName, .. program.ArgumentList])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        })!;
    }

    /// <summary>Runs to the end.</summary>
    public static async Task<(int Exit, string Output, string Error)> RunAsync(int world, string assembly, params string[] arguments)
    {
        using var job = Start(world, assembly, arguments);
        var error = job.StandardError.ReadToEndAsync();
        var output = await job.StandardOutput.ReadToEndAsync();
        await job.WaitForExitAsync();
        return (job.ExitCode, output, await error);
    }

    /// <summary>The process of one trainer.</summary>
    public static Process Trainer(Process job, int rank) => Directory.GetDirectories($"/proc/{job.Id}/task")
        .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Where(child => File.ReadAllText($"/proc/{child}/environ").Split('\0').Contains($"OMPI_COMM_WORLD_RANK={rank}"))
        .Select(child => Process.GetProcessById(int.Parse(child))).Single();
}
