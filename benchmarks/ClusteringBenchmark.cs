using System.Text.Json;

namespace CoKe.Benchmarks;

/// <summary>
/// `coke cluster` as a whole command, sizes exact, beside FAISS and scikit-learn as whole processes: twenty passes over 60,000 rows. And
/// whether minimum sizes cost similarity.
/// </summary>
static class ClusteringBenchmark
{
    const int Rows = 60_000,
        Passes = 20,
        QualityRuns = 5,
        MostIterations = 300;
    const double Ratio = 0.4,
        ThroughActors = 1.5;

    static readonly (int Clusters, double Budget)[] s_cases = [(100, 1.5), (1000, 1.0)];
    static readonly string[] s_peers = ["faiss", "faiss-all-rows", "minibatch", "kmeans"];

    /// <summary>Times commands in turns.</summary>
    /// <param name="rounds">How often.</param>
    /// <param name="clusters">One K instead of all.</param>
    public static BudgetTable Run(int rounds, int? clusters)
    {
        using var folder = new TemporaryFolder();
        var features = Features(folder, Rows);
        var rows = new List<BudgetRow>();
        CokeProgram.Cluster(features, 10, Ratio, 0, folder.File("warm.npy"), folder.Path); // until the programs are in the file cache
        foreach (var (K, budget) in s_cases.Where(one => clusters is null || one.Clusters == clusters))
            rows.AddRange(Measure(folder, features, K, budget, rounds));
        return new BudgetTable(
            "clustering",
            $"Fashion-MNIST, PCA; N {Rows:N0}, d {FashionFeatures.Dimension}, {Passes} passes, ratio {Ratio}, two threads; "
                + "whole processes, features read and labels written",
            rows
        );
    }

    /// <summary>Mean similarity under minimums against scikit-learn's KMeans without any.</summary>
    /// <param name="count">N.</param>
    /// <param name="K">K.</param>
    public static BudgetTable RunQuality(int count, int K)
    {
        using var folder = new TemporaryFolder();
        var features = Features(folder, count);
        var embeddings = NpyArray.ReadFloats(features);
        var peers = PeerScript.Run(
            PeerScript.Of("clustering.py"),
            features,
            "--clusters",
            $"{K}",
            "--peers",
            "kmeans",
            "--seeds",
            $"{QualityRuns}",
            "--iterations",
            $"{MostIterations}"
        );
        var ours = Enumerable
            .Range(0, QualityRuns)
            .Select(seed =>
            {
                var labels = folder.File("labels.npy");
                CokeProgram.Cluster(features, K, Ratio, seed, labels, folder.Path);
                return Judge(embeddings, NpyArray.ReadInts(labels), K);
            })
            .ToArray();
        var theirs = peers is { } measured ? Runs(measured, "kmeans", "similarity") : [];
        var median = theirs.Length > 0 ? BudgetRow.Median(theirs) : double.NaN;
        var minimum = Math.Floor(Ratio * count / K);
        return new BudgetTable(
            "clustering quality",
            $"Fashion-MNIST, PCA; N {count:N0}, d {FashionFeatures.Dimension}, K {K}, ratio {Ratio}; peer: scikit-learn's KMeans, "
                + $"n_init 1, to its end, {QualityRuns} seeds each",
            [
                new BudgetRow(
                    "mean similarity, against the peer's median",
                    "",
                    [.. ours.Select(run => run.Similarity)],
                    theirs,
                    theirs.Length > 0 ? [.. ours.Select(run => run.Similarity / median)] : [],
                    1,
                    AtMost: false
                )
                {
                    Decimals = 5,
                    RatioDecimals = 5,
                },
                new BudgetRow(
                    $"smallest cluster, against the {minimum} asked",
                    "rows",
                    [.. ours.Select(run => (double)run.Smallest)],
                    peers is { } p ? Runs(p, "kmeans", "smallest") : [],
                    [.. ours.Select(run => run.Smallest / minimum)],
                    1,
                    AtMost: false
                )
                {
                    Decimals = 0,
                },
            ]
        );
    }

    static IEnumerable<BudgetRow> Measure(TemporaryFolder folder, string features, int K, double budget, int rounds)
    {
        var (library, libraryPasses, actorPasses) = (new List<TimedProcess>(), new List<double>(), new List<double>());
        var actors = new List<TimedProcess>();
        var peers = new List<JsonElement>();
        for (var round = 0; round < rounds; round++)
        {
            if (
                PeerScript.Run(
                    PeerScript.Of("clustering.py"),
                    ["--clusters", $"{K}", "--passes", $"{Passes}", "--seed", $"{round}", features, "--peers", .. s_peers]
                ) is
                { } measured
            )
                peers.Add(measured);
            var (process, passes) = CokeProgram.Cluster(features, K, Ratio, round, folder.File("labels.npy"), folder.Path);
            library.Add(process);
            libraryPasses.Add(passes);
            (process, passes) = CokeProgram.Cluster(
                features,
                K,
                Ratio,
                round,
                folder.File("labels.npy"),
                folder.Path,
                "--data",
                folder.File($"runs-{K}-{round}.db")
            );
            actors.Add(process);
            actorPasses.Add(passes);
        }

        double[] Peer(string peer, string what) => [.. peers.SelectMany(measured => Runs(measured, peer, what))];
        double[] wall = [.. library.Select(run => run.Seconds)],
            cpu = [.. library.Select(run => run.CpuSeconds)];
        return
        [
            BudgetRow.Against($"whole command, K = {K}, FAISS (256 rows per cluster)", "s", wall, Peer("faiss", "whole_seconds"), budget),
            BudgetRow.Against($"whole command, K = {K}, FAISS on all rows", "s", wall, Peer("faiss-all-rows", "whole_seconds"), null),
            BudgetRow.Against($"whole command, K = {K}, scikit-learn MiniBatchKMeans", "s", wall, Peer("minibatch", "whole_seconds"), null),
            BudgetRow.Against($"whole command, K = {K}, scikit-learn KMeans", "s", wall, Peer("kmeans", "whole_seconds"), null),
            BudgetRow.Against($"CPU of the command, K = {K}, FAISS", "s", cpu, Peer("faiss", "cpu_seconds"), null),
            BudgetRow.Against(
                $"passes alone, K = {K}, FAISS inside its process",
                "s",
                [.. libraryPasses],
                Peer("faiss", "inner_seconds"),
                null
            ),
            BudgetRow.Against(
                $"passes through the actors, K = {K}, those of the library",
                "s",
                [.. actorPasses],
                [.. libraryPasses],
                ThroughActors
            ),
            BudgetRow.Against(
                $"whole command through the actors, K = {K}, without",
                "s",
                [.. actors.Select(run => run.Seconds)],
                wall,
                null
            ),
        ];
    }

    static string Features(TemporaryFolder folder, int count) =>
        FashionFeatures.Make(folder, count)
        ?? throw new InvalidOperationException(
            "There is nothing to cluster: apt-get install dataset-fashion-mnist python3-numpy libopenblas0-pthread."
        );

    static double[] Runs(JsonElement measured, string peer, string what) =>
        [.. measured.GetProperty("peers").GetProperty(peer).EnumerateArray().Select(run => run.GetProperty(what).GetDouble())];

    // As the peers' script judges: every row against the normalized sum of its cluster.
    static (double Similarity, int Smallest) Judge(float[] embeddings, int[] labels, int K)
    {
        var d = embeddings.Length / labels.Length;
        var (sums, sizes) = (new double[K * d], new int[K]);
        for (var row = 0; row < labels.Length; row++)
        {
            sizes[labels[row]]++;
            for (var i = 0; i < d; i++)
                sums[(labels[row] * d) + i] += embeddings[(row * d) + i];
        }

        return (sums.Chunk(d).Sum(sum => Math.Sqrt(sum.Sum(x => x * x))) / labels.Length, sizes.Min());
    }
}
