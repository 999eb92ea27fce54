using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Abstractions.Serialization;
using CoKe.Abstractions.Storage;
using CoKe.Client;
using CoKe.Grains.Hosting;
using CoKe.Grains.Rights;
using CoKe.Grains.Tests.Cluster;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Storage;
using Orleans.TestingHost;

namespace CoKe.Benchmarks;

/// <summary>
/// How long a run of 12,000 clusters stands still when a silo joins, leaves in order, and is killed, at the paper's rate: the longest time
/// between two accepted steps, as a client sees it. The silos share this process and a storage in memory; the rest is as in silos of their
/// own.
/// </summary>
static class MoveBenchmark
{
    const double Budget = 5_000; // ms

    public static async Task<BudgetTable> RunAsync(int rounds)
    {
        var (join, leave, kill) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            await using var cluster = await StartAsync();
            var coke = new CokeClient(cluster.Client);
            await coke.CreateRunAsync(new RunSpecification("move", Load.Options(3000, 4000, 5000)));
            await using var session = await coke.OpenSessionAsync("move");
            using var end = new CancellationTokenSource();
            var feeding = Load.FeedAsync(session, end.Token);
            var watch = new StandstillWatch(coke, "move");
            await watch.UntilStepAsync(40);
            join.Add(await watch.AroundAsync(async () => await cluster.StartAdditionalSiloAsync()));
            leave.Add(await watch.AroundAsync(() => cluster.StopSiloAsync(cluster.Silos[1])));
            await watch.AroundAsync(async () => await cluster.StartAdditionalSiloAsync());
            kill.Add(await watch.AroundAsync(() => cluster.KillSiloAsync(cluster.Silos[^1])));
            await end.CancelAsync();
            await feeding;
        }

        return new BudgetTable(
            "move",
            $"b {Load.B}, d {Load.D}, heads 3000,4000,5000, N {Load.N}; two silos in one process, storage in memory, "
                + $"{Load.ImagesPerSecond:N0} img/s",
            [
                new BudgetRow("standstill, a silo joins", "ms", [.. join], [], [.. join.Select(ms => ms / Budget)], 1),
                new BudgetRow("standstill, a silo leaves in order", "ms", [.. leave], [], [.. leave.Select(ms => ms / Budget)], 1),
                new BudgetRow("standstill, a silo is killed", "ms", [.. kill], [], [.. kill.Select(ms => ms / Budget)], 1),
            ]
        );
    }

    static async Task<InProcessTestCluster> StartAsync()
    {
        var storage = new TestStorage();
        var secret = new ClusterSecret();
        var builder = new InProcessTestClusterBuilder(2);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo(
            (_, silo) =>
            {
                silo.AddCoke();
                silo.Services.AddSingleton(secret);
                silo.Services.AddKeyedSingleton<IGrainStorage>(CokeStorage.Name, storage);
            }
        );
        builder.ConfigureClient(client =>
        {
            client.AddEmbeddingStreams();
            client.Services.AddCokeExceptions();
            // The cluster of tests asks its silos who is there, as only silos may.
            client.AddOutgoingGrainCallFilter(async call =>
            {
                CallCredential.Attach(secret.KeyFor(CallKeys.Purpose));
                await call.Invoke();
            });
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    /// <summary>Sees the steps of a run as they are accepted.</summary>
    sealed class StandstillWatch(CokeClient coke, string run)
    {
        // A move begins when the silos have settled, and is over long before this many more steps.
        static readonly TimeSpan After = TimeSpan.FromSeconds(15);

        RunStatus? _status;

        public async Task UntilStepAsync(long step)
        {
            while ((await NextAsync()).Step < step) { }
        }

        /// <summary>The longest time without a step, from before an event until well after it, ms.</summary>
        public async Task<double> AroundAsync(Func<Task> happens)
        {
            var (done, began, longest) = (happens(), Stopwatch.GetTimestamp(), TimeSpan.Zero);
            var (last, most) = (began, _status!.Step);
            while (!done.IsCompleted || Stopwatch.GetElapsedTime(began) < After)
            {
                if ((await NextAsync()).Step <= most)
                    continue; // what was rolled back is not yet gained
                if (Stopwatch.GetElapsedTime(last) > longest)
                    longest = Stopwatch.GetElapsedTime(last);
                (last, most) = (Stopwatch.GetTimestamp(), _status.Step);
            }

            await done;
            Console.Error.WriteLine($"  {longest.TotalMilliseconds:F0} ms, step {_status.Step}, incarnation {_status.Incarnation}");
            return longest.TotalMilliseconds;
        }

        async Task<RunStatus> NextAsync()
        {
            try
            {
                return _status = _status is null ? await coke.GetStatusAsync(run) : await coke.WaitForChangeAsync(_status);
            }
            catch (Exception e) when (e is TimeoutException or OrleansException)
            {
                return _status!;
            }
        }
    }
}
