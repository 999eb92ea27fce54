using System.Diagnostics;

namespace CoKe.Benchmarks;

/// <summary>The benchmarks of the trainer are a program of their own: these here do without libtorch.</summary>
static class TrainingProcess
{
    /// <summary>Runs them with <paramref name="arguments"/>; without any, all of them.</summary>
    /// <returns>0 when all went well.</returns>
    public static int Run(IReadOnlyList<string> arguments) =>
        arguments.Count > 0 ? Start(arguments) : Math.Max(Start(["speed"]), Start(["memory"]));

    static int Start(IReadOnlyList<string> arguments)
    {
        // Beside this program's own project, wherever it was built.
        var project = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "Training"));
        using var process = Process.Start(
            new ProcessStartInfo("dotnet", ["run", "-c", "Release", "--project", project, "--", .. arguments])
        )!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
