using System.Diagnostics;

namespace CoKe.Trainer.Tests.Distributed;

/// <summary>Programs of several processes, as people start them: by mpirun.</summary>
static class MpiRun
{
    public static readonly string[] Options =
    [
        "--allow-run-as-root",
        "--oversubscribe",
        "--bind-to",
        "none",
        "--mca",
        "mpi_yield_when_idle",
        "1",
        "--mca",
        "btl_vader_single_copy_mechanism",
        "none",
    ];

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    public static Process Start(int world, string assembly, params string[] arguments) => Start(world, assembly, arguments, []);

    /// <param name="world">How many.</param>
    /// <param name="assembly">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Variables beside those of this process.</param>
    public static Process Start(int world, string assembly, string[] arguments, Dictionary<string, string> environment)
    {
        var program = BuiltProgram.Start(Path.Combine(AppContext.BaseDirectory, assembly), arguments);
        var start = new ProcessStartInfo("mpirun", [.. Options, "-n", $"{world}", program.FileName, .. program.ArgumentList])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Runs to the end; what hangs is ended.</summary>
    public static Task<(int Exit, string Output, string Error)> RunAsync(int world, string assembly, params string[] arguments) =>
        RunAsync(world, assembly, arguments, []);

    /// <inheritdoc cref="Start(int, string, string[], Dictionary{string, string})"/>
    public static async Task<(int Exit, string Output, string Error)> RunAsync(
        int world,
        string assembly,
        string[] arguments,
        Dictionary<string, string> environment
    )
    {
        using var job = Start(world, assembly, arguments, environment);
        try
        {
            var error = job.StandardError.ReadToEndAsync();
            var output = await job.StandardOutput.ReadToEndAsync().WaitAsync(Patience);
            await job.WaitForExitAsync().WaitAsync(Patience);
            return (job.ExitCode, output, await error.WaitAsync(Patience));
        }
        finally
        {
            End(job);
        }
    }

    /// <summary>Ends mpirun and its trainers, if they run.</summary>
    public static void End(Process job)
    {
        if (!job.HasExited)
            job.Kill(entireProcessTree: true);
    }

    /// <summary>The process of one trainer.</summary>
    public static Process Trainer(Process job, int rank) =>
        Directory
            .GetDirectories($"/proc/{job.Id}/task")
            .SelectMany(thread => File.ReadAllText(Path.Combine(thread, "children")).Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(child => File.ReadAllText($"/proc/{child}/environ").Split('\0').Contains($"OMPI_COMM_WORLD_RANK={rank}"))
            .Select(child => Process.GetProcessById(int.Parse(child)))
            .Single();
}
