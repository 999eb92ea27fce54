using SiloProgram = CoKe.Testing.SiloProcess; // a silo as people start it

namespace CoKe.Benchmarks;

/// <summary>
/// The CPU that short commands cost before they do anything: `coke runs` against a running silo and with one inside, and the shortest run
/// of a trainer. Beside the same of another checkout, where one is named.
/// </summary>
static class StartBenchmark
{
    const double Budget = 0.6;

    // One epoch and a scan of few images: what remains is starting silo, session, libtorch and report.
    static readonly string[] s_shortestRun = ["demo", "--images", "256", "--epochs", "1", "--heads", "10", "--force"];

    /// <summary>Measures in turns.</summary>
    /// <param name="rounds">How often.</param>
    /// <param name="other">The root of another checkout, built for Release.</param>
    /// <param name="trainer">Whether to start trainers too.</param>
    public static async Task<BudgetTable> RunAsync(int rounds, DirectoryInfo? other, bool trainer)
    {
        using var folder = new TemporaryFolder();
        await using var silo = new SiloProgram(null);
        if (!await silo.StartAsync())
            throw new InvalidOperationException($"The silo ended: {silo.Output}");
        (string What, string Project, string File, string[] Arguments, double? Budget)[] all =
        [
            ("coke --help", "Cli", "coke.dll", ["--help"], null),
            ("coke runs, a running silo", "Cli", "coke.dll", ["runs", "--gateway", $"{silo.Gateway}"], Budget),
            ("coke runs, a silo inside", "Cli", "coke.dll", ["runs", "--memory"], Budget),
            ("a trainer's shortest run", "Trainer", "coke-train.dll", [.. s_shortestRun, "--out", folder.File("out")], Budget),
        ];
        var rows = new List<BudgetRow>();
        foreach (var (what, project, file, arguments, budget) in trainer ? all : all[..^1])
        {
            var (ours, others) = (new List<double>(), new List<double>());
            for (var round = -1; round < rounds; round++)
            {
                var (here, there) = (Cpu(Repository.Root), other is null ? 0 : Cpu(other.FullName));
                if (round < 0)
                    continue; // until the programs are in the file cache
                ours.Add(here);
                if (other is not null)
                    others.Add(there);
            }

            rows.Add(BudgetRow.Against(what, "CPU s", [.. ours], [.. others], other is null ? null : budget));

            double Cpu(string root)
            {
                var start = BuiltProgram.Start(
                    Path.Combine(root, Path.GetRelativePath(Repository.Root, BuiltProgram.Of(project, file))),
                    arguments
                );
                start.WorkingDirectory = folder.Path;
                return TimedProcess.Run(start).CpuSeconds;
            }
        }

        return new BudgetTable(
            "start",
            $"whole processes; {(other is null ? "no other checkout" : $"peer: the checkout in {other.Name}")}",
            rows
        );
    }
}
