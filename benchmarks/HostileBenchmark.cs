using System.Diagnostics;
using System.Reflection;
using CoKe.Abstractions;
using CoKe.Abstractions.Rights;
using CoKe.Access;
using CoKe.Access.Rights;
using CoKe.Client;
using CoKe.Silo.Tests.Rights;
using SiloProgram = CoKe.Testing.SiloProcess; // a silo as people start it

namespace CoKe.Benchmarks;

/// <summary>
/// A run that is fed as fast as it takes, and a client with the feed token that calls every method of every contract on it, made up from
/// the run's own id and incarnation, but for the one that docs/security.md lets it stop a trainer by. Spans with 10,000 calls and spans
/// without take turns. The silo has a processor to itself: what the stranger's own process takes is no cost of the silo's.
/// </summary>
static class HostileBenchmark
{
    const string Run = "attacked";
    const int Calls = 10_000;
    const double MostSlowdown = 1.05;

    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10),
        Span = TimeSpan.FromSeconds(20);

    public static async Task<BudgetTable> RunAsync(int rounds, string? only)
    {
        using var folder = new TemporaryFolder();
        string File(string name) => Path.Combine(folder.Path, name);
        await using var silo = new SiloProgram(null, "--token-file", File("token"), "--feed-token-file", File("feed"));
        if (!await silo.StartAsync())
            throw new InvalidOperationException($"The silo did not start: {silo.Output}");
        await PinAsync(silo.Id, 0);
        await PinAsync(Environment.ProcessId, 1);
        AccessToken Token(string name) => new(System.IO.File.ReadAllText(File(name)));
        await using var coke = await CokeClient.ConnectAsync(new CokeConnection { Gateways = [silo.Gateway], Token = Token("token") });
        var options = Load.Options(3000);
        await coke.CreateRunAsync(new RunSpecification(Run, options));
        await using var session = await coke.OpenSessionAsync(Run);
        await using var client = await HostileClient.StartAsync(silo.Gateway, Token("feed"), Token("feed").CallKey);
        using var end = new CancellationTokenSource();
        var feeding = FeedAsync(session, end.Token);
        await Task.Delay(WarmUp);

        var before = await coke.GetStatusAsync(Run);
        var made = new MadeUp(before.RunId, before.Incarnation, options);
        var methods = ContractRights
            .Contracts.SelectMany(contract => ContractRights.MethodsOf(contract), (contract, method) => (contract, method))
            .Where(call =>
                call.method.Name != nameof(IRunGrain.RegisterTrainerAsync)
                && $"{call.contract.Name}.{call.method.Name}".Contains(only ?? "", StringComparison.Ordinal)
            )
            .ToArray();
        var refused = methods.Where(call => (ContractRights.NeedsOf(call.method) ?? Right.Cluster) > Right.Feed).ToArray();
        async Task AttackAsync((Type contract, MethodInfo method)[] methods)
        {
            var started = Stopwatch.GetTimestamp();
            for (var call = 0; call < Calls; call++)
            {
                var (contract, method) = methods[call % methods.Length];
                // Unawaited: calls that wait for something would hold up the others.
                HostileClient.TryAsync(Targets.Of(client.Client, contract, Run, before.RunId), method, made.Of(method)).Ignore();
                var ahead = (Span * call / Calls) - Stopwatch.GetElapsedTime(started);
                if (ahead > TimeSpan.FromMilliseconds(5))
                    await Task.Delay(ahead);
            }
        }

        var (calm, turnedAway, attacked) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            // By turns first, so that what grows in the process weighs on all.
            if (round % 2 == 0)
                calm.Add(await MillisecondsPerStepAsync(coke, () => Task.CompletedTask));
            if (refused.Length > 0)
                turnedAway.Add(await MillisecondsPerStepAsync(coke, () => AttackAsync(refused)));
            attacked.Add(await MillisecondsPerStepAsync(coke, () => AttackAsync(methods)));
            if (round % 2 == 1)
                calm.Add(await MillisecondsPerStepAsync(coke, () => Task.CompletedTask));
        }

        var after = await coke.GetStatusAsync(Run);
        await end.CancelAsync();
        await feeding;
        var same =
            (before.RunId, before.Incarnation, before.Attempt, RunState.Live)
            == (after.RunId, after.Incarnation, after.Attempt, after.State);
        return new BudgetTable(
            "hostile client",
            $"b {Load.B}, d {Load.D}, K 3000; one silo process on a processor of its own; {methods.Length} methods, "
                + $"{Calls:N0} calls in {Span.TotalSeconds:F0} s from a client in this process, the feed token",
            [
                BudgetRow.Against(
                    $"a step under calls of the {refused.Length} methods that are refused (peer: in peace)",
                    "ms",
                    [.. turnedAway],
                    [.. calm],
                    MostSlowdown
                ),
                BudgetRow.Against("a step under calls of all (peer: in peace)", "ms", [.. attacked], [.. calm], MostSlowdown),
                new("the run is in the incarnation that it was in", "", [same ? 1 : 0], [], [same ? 1 : 0], 1, AtMost: false),
            ]
        );
    }

    // All threads there are; those that come are where the one is that makes them.
    static async Task PinAsync(int process, int processor)
    {
        using var taskset = Process.Start(
            new ProcessStartInfo("taskset", ["--all-tasks", "--cpu-list", "--pid", $"{processor}", $"{process}"])
            {
                RedirectStandardOutput = true,
            }
        )!;
        _ = await taskset.StandardOutput.ReadToEndAsync();
        await taskset.WaitForExitAsync();
        if (taskset.ExitCode != 0)
            throw new InvalidOperationException($"taskset ended with {taskset.ExitCode}: this benchmark needs two processors.");
    }

    // Epoch after epoch, as fast as the window lets it.
    static async Task FeedAsync(TrainerSession session, CancellationToken end)
    {
        var batches = Load.Batches(16, 2);
        while (!end.IsCancellationRequested)
        {
            for (var step = 0; !end.IsCancellationRequested && (step + 1) * Load.B <= Load.N; step++)
                await session.PushAsync(Load.Ids(step), batches[step % batches.Length], end);
            if (!end.IsCancellationRequested)
                await session.EndEpochAsync(end);
        }
    }

    static async Task<double> MillisecondsPerStepAsync(CokeClient coke, Func<Task> attack)
    {
        var (from, started) = (await coke.GetStatusAsync(Run), Stopwatch.GetTimestamp());
        await Task.WhenAll(attack(), Task.Delay(Span));
        var to = await coke.GetStatusAsync(Run);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds / (to.Step - from.Step);
    }
}
