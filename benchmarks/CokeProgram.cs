using System.Text.Json;

namespace CoKe.Benchmarks;

/// <summary>The built <c>coke</c> as people start it, in a folder of its own.</summary>
static class CokeProgram
{
    /// <summary>Clusters a file of features; sizes are exact unless <paramref name="more"/> says otherwise.</summary>
    /// <returns>The process, and the seconds of its passes as it tells them.</returns>
    public static (TimedProcess Process, double PassSeconds) Cluster(
        string features,
        int clusters,
        double ratio,
        int seed,
        string labels,
        string folder,
        params IEnumerable<string> more
    )
    {
        var process = Run(
            folder,
            [
                "cluster",
                features,
                "--heads",
                $"{clusters}",
                "--min-size-ratio",
                $"{ratio}",
                "--epochs",
                "20",
                "--seed",
                $"{seed}",
                "--out",
                labels,
                "--json",
                .. more,
            ]
        );
        using var view = JsonDocument.Parse(process.Output);
        return (process, view.RootElement.GetProperty("seconds").GetDouble());
    }

    /// <summary>Runs it to its end.</summary>
    public static TimedProcess Run(string folder, params IEnumerable<string> arguments)
    {
        var start = BuiltProgram.Start(BuiltProgram.Of("Cli", "coke.dll"), arguments);
        start.WorkingDirectory = folder; // a database that it makes unasked goes with the folder
        return TimedProcess.Run(start);
    }
}
