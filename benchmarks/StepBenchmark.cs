using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Client;
using CoKe.Grains.Hosting;
using CoKe.Grains.Scoring;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CoKe.Benchmarks;

/// <summary>Budgets 2 and 3: pushed mini-batches through stream, sequencer, heads, blocks, clusters and label shards of one silo.</summary>
static class StepBenchmark
{
    const int WarmUp = 60,
        Measured = 1000,
        Alone = 30;

    public static async Task<BudgetTable> RunAsync(Peers peers, int rounds)
    {
        (int[] Heads, double Budget)[] cases = [([3000], 0.6), ([3000, 4000, 5000], 0.45)];
        var ours = cases.Select(_ => new List<double>()).ToArray();
        var alone = cases.Select(_ => new List<double>()).ToArray();
        var torch = cases.Select(_ => new List<double>()).ToArray();
        await Measure(cases[^1].Heads); // until the just-in-time compiler has settled; a trainer runs for hours
        for (var round = 0; round < rounds; round++)
        {
            if (peers.Measure([.. cases.Select(c => Name(c.Heads))]) is { } measured)
                for (var c = 0; c < cases.Length; c++)
                    torch[c].Add(measured[Name(cases[c].Heads)]["torch_coke_step"]!.Value);
            for (var c = 0; c < cases.Length; c++)
            {
                var (throughput, latency, _) = await Measure(cases[c].Heads);
                ours[c].Add(throughput);
                alone[c].Add(latency);
            }
        }

        return new BudgetTable(
            "step",
            $"b {Load.B}, d {Load.D}, one silo in this process; {Measured} steps a round; peer: PyTorch step in process",
            [
                .. cases.SelectMany(
                    (c, i) =>
                        new[]
                        {
                            BudgetRow.Against($"step, heads {Name(c.Heads)}", "ms", [.. ours[i]], [.. torch[i]], c.Budget),
                            BudgetRow.Against(
                                $"one step alone, push to durable, heads {Name(c.Heads)}",
                                "ms",
                                [.. alone[i]],
                                [.. torch[i]],
                                null
                            ),
                        }
                ),
            ]
        );
    }

    /// <summary>What it costs that every call proves its right: the same steps in silos with the filters and without.</summary>
    public static async Task<BudgetTable> RunRightsAsync(int rounds)
    {
        int[] heads = [3000, 4000, 5000];
        var (proved, free) = (
            new List<(double Throughput, double Latency, double Cpu)>(),
            new List<(double Throughput, double Latency, double Cpu)>()
        );
        await Measure(heads);
        for (var round = 0; round < rounds; round++)
        {
            // By turns first, so that what grows in the process weighs on both.
            if (round % 2 == 0)
                proved.Add(await Measure(heads));
            free.Add(await Measure(heads, WithoutRights));
            if (round % 2 == 1)
                proved.Add(await Measure(heads));
        }

        var calls = await CallsAsync(heads);
        var (dear, cheap) = (await CallAsync(_ => { }), await CallAsync(WithoutRights));
        var share = calls * (dear - cheap) / 1000 / BudgetRow.Median([.. free.Select(one => one.Cpu)]);
        return new BudgetTable(
            "step with rights",
            $"{calls:f0} calls a step, which are {share:P1} of its CPU; b {Load.B}, d {Load.D}, one silo in this process; "
                + $"{Measured} steps a round; peer: the same silo without the filters",
            [
                BudgetRow.Against("CPU of one call inside the silo", "us", [dear], [cheap], null),
                BudgetRow.Against(
                    "CPU of a step with its calls' rights, by these",
                    "ms",
                    [free[0].Cpu * (1 + share)],
                    [free[0].Cpu],
                    1.02
                ) with
                {
                    RatioDecimals = 3,
                },
                BudgetRow.Against(
                    $"CPU of a step, heads {Name(heads)}",
                    "ms",
                    [.. proved.Select(one => one.Cpu)],
                    [.. free.Select(one => one.Cpu)],
                    null
                ) with
                {
                    RatioDecimals = 3,
                },
                BudgetRow.Against(
                    $"step, heads {Name(heads)}",
                    "ms",
                    [.. proved.Select(one => one.Throughput)],
                    [.. free.Select(one => one.Throughput)],
                    null
                ) with
                {
                    RatioDecimals = 3,
                },
                BudgetRow.Against(
                    $"one step alone, heads {Name(heads)}",
                    "ms",
                    [.. proved.Select(one => one.Latency)],
                    [.. free.Select(one => one.Latency)],
                    null
                ) with
                {
                    RatioDecimals = 3,
                },
            ]
        );
    }

    /// <summary>The same steps with one scoring thread and with one on every core, in turns.</summary>
    public static async Task<BudgetTable> RunThreadsAsync(int rounds)
    {
        int[][] cases =
        [
            [3000],
            [3000, 4000, 5000],
        ];
        var (every, one) = (cases.Select(_ => new List<double>()).ToArray(), cases.Select(_ => new List<double>()).ToArray());
        await Measure(cases[^1]);
        for (var round = 0; round < rounds; round++)
        {
            for (var c = 0; c < cases.Length; c++)
            {
                every[c].Add((await Measure(cases[c])).Throughput);
                one[c].Add((await Measure(cases[c], silo => silo.Services.Configure<ScoringOptions>(o => o.Threads = 1))).Throughput);
            }
        }

        return new BudgetTable(
            "step by scoring threads",
            $"b {Load.B}, d {Load.D}, one silo in this process; {Environment.ProcessorCount} threads; {Measured} steps a round; peer: "
                + "the same with one thread",
            [.. cases.Select((heads, c) => BudgetRow.Against($"step, heads {Name(heads)}", "ms", [.. every[c]], [.. one[c]], null))]
        );
    }

    static void WithoutRights(ISiloBuilder silo) =>
        silo.Services.RemoveAll<IIncomingGrainCallFilter>().RemoveAll<IOutgoingGrainCallFilter>();

    // Whole steps differ by more from round to round than the filters cost, so that these are counted, and one call is timed.
    static async Task<double> CallsAsync(int[] heads)
    {
        long calls = 0;
        await Measure(heads, silo => silo.AddIncomingGrainCallFilter(async call =>
            {
                Interlocked.Increment(ref calls);
                await call.Invoke();
            }));
        return calls / (double)(WarmUp + Measured + Alone);
    }

    /// <returns>Microseconds of CPU, the least of some tries.</returns>
    static async Task<double> CallAsync(Action<ISiloBuilder> configure)
    {
        const int Calls = 50_000,
            Tries = 7;
        await using var silo = await EmbeddedSilo.StartAsync(configure);
        var caller = silo.Client.GetGrain<ICallerGrain>(0);
        var least = double.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            var before = Environment.CpuUsage.TotalTime;
            await caller.CallAsync(Calls);
            least = Math.Min(least, (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / Calls);
        }

        return least;
    }

    /// <summary>The same through two silo processes on PostgreSQL, half of the clusters in each: a client, two wires and checkpoints
    /// more.</summary>
    public static async Task<BudgetTable> RunOnTwoAsync(Peers peers, int rounds)
    {
        (int[] Heads, double Budget)[] cases = [([3000], 0.8), ([3000, 4000, 5000], 0.5)];
        await using var server = await PostgresServer.StartNewAsync();
        var torch = cases.Select(_ => new List<double>()).ToArray();
        var ours = cases.Select(_ => new List<OnTwo>()).ToArray();
        for (var round = 0; round < rounds; round++)
        {
            if (peers.Measure([.. cases.Select(c => Name(c.Heads))]) is { } measured)
                for (var c = 0; c < cases.Length; c++)
                    torch[c].Add(measured[Name(cases[c].Heads)]["torch_coke_step"]!.Value);
            await using var pair = await SiloPair.StartAsync(server);
            await Measure(pair.Client, "warm", cases[^1].Heads); // each round has new processes
            for (var c = 0; c < cases.Length; c++)
                ours[c].Add(await MeasureOnTwo(pair, $"step-{c}", cases[c].Heads));
        }

        return new BudgetTable(
            "step",
            $"b {Load.B}, d {Load.D}, two silo processes on PostgreSQL, the trainer in a third; {Measured} steps a round; peer: "
                + "PyTorch step in process",
            [.. cases.SelectMany((c, i) => RowsOnTwo(Name(c.Heads), c.Budget, ours[i], [.. torch[i]]))]
        );
    }

    static IEnumerable<BudgetRow> RowsOnTwo(string heads, double budget, List<OnTwo> ours, double[] torch)
    {
        double[] Each(Func<OnTwo, double> value) => [.. ours.Select(value)];
        yield return BudgetRow.Against($"step, heads {heads}", "ms", Each(one => one.Throughput), torch, budget);
        yield return BudgetRow.Against($"one step alone, push to processed, heads {heads}", "ms", Each(one => one.Latency), torch, null);
        yield return BudgetRow.Against("  CPU of the trainer's process", "ms", Each(one => one.TrainerCpu), [], null);
        yield return BudgetRow.Against("  CPU of both silos", "ms", Each(one => one.SiloCpu), [], null);
        yield return BudgetRow.Against("  between the silos, both ways", "KB", Each(one => one.Kilobytes), [], null) with
        {
            Decimals = 0,
        };
    }

    static async Task<OnTwo> MeasureOnTwo(SiloPair pair, string run, int[] heads)
    {
        var before = (Cpu: pair.CpuOfSilos(), Bytes: await pair.BytesBetweenSilosAsync());
        var (throughput, latency, cpu) = await Measure(pair.Client, run, heads);
        const double Steps = WarmUp + Measured + Alone;
        var (silos, bytes) = (pair.CpuOfSilos() - before.Cpu, await pair.BytesBetweenSilosAsync() - before.Bytes);
        await pair.SpreadAsync(run); // or it would be one silo's number
        return new OnTwo(throughput, latency, cpu, silos.TotalMilliseconds / Steps, bytes / Steps / 1024);
    }

    sealed record OnTwo(double Throughput, double Latency, double TrainerCpu, double SiloCpu, double Kilobytes);

    static string Name(int[] heads) => string.Join(',', heads);

    static async Task<(double Throughput, double Latency, double Cpu)> Measure(int[] heads, Action<ISiloBuilder>? configure = null)
    {
        await using var silo = await EmbeddedSilo.StartAsync(configure);
        await using var coke = new CokeClient(silo.Client);
        return await Measure(coke, "step", heads);
    }

    static async Task<(double Throughput, double Latency, double Cpu)> Measure(CokeClient coke, string run, int[] heads)
    {
        var status = await coke.CreateRunAsync(new RunSpecification(run, Load.Options(heads)));
        await using var session = await coke.OpenSessionAsync(run);
        var batches = Load.Batches(16, 1);
        var step = 0;
        async Task Push() => await session.PushAsync(Load.Ids(step), batches[step++ % batches.Length]);
        async Task Done()
        {
            while (status.Step < step)
                status = await coke.WaitForChangeAsync(status);
        }

        for (var i = 0; i < WarmUp; i++)
            await Push();
        await Done();
        var (start, cpu) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        for (var i = 0; i < Measured; i++)
            await Push();
        await Done();
        var throughput = Stopwatch.GetElapsedTime(start).TotalMilliseconds / Measured;
        var used = (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds / Measured;

        var latencies = new List<double>();
        for (var i = 0; i < Alone; i++)
        {
            start = Stopwatch.GetTimestamp();
            await Push();
            await Done();
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return (throughput, BudgetRow.Median([.. latencies]), used);
    }
}

/// <summary>Calls another grain of its silo, as those of a step do.</summary>
public interface ICallerGrain : IGrainWithIntegerKey
{
    /// <summary>Calls so many times, one after the other.</summary>
    Task CallAsync(int calls);
}

/// <inheritdoc/>
public sealed class CallerGrain : Grain, ICallerGrain
{
    /// <inheritdoc/>
    public async Task CallAsync(int calls)
    {
        var pulse = GrainFactory.GetGrain<IPulseGrain>(0);
        for (var call = 0; call < calls; call++)
            await pulse.BeatAsync();
    }
}
