using System.Diagnostics.Metrics;
using CoKe.Grains.Observation;

namespace CoKe.Grains.Tests.Observation;

/// <summary>No number of runs makes more labels than there may be, and nothing that was counted is lost by it.</summary>
public sealed class RunTallyTests
{
    const int Runs = 70;

    [Fact]
    public void ManyRuns_HaveBoundedLabels_AndTheirSumIsWhole()
    {
        using var meter = new Meter(SiloMeter.Name, version: null, tags: null, scope: this); // silos of other tests have one too
        using var collected = new CollectedMetrics(this);
        var silo = new SiloMeter(meter, TimeProvider.System);
        RunMeter[] runs = [.. Enumerable.Range(0, Runs).Select(r => new RunMeter(silo, $"many-{r}"))];
        foreach (var run in runs)
        {
            run.Enter();
            run.EndStep(batches: 2, rows: 3, TimeSpan.FromSeconds(1));
            run.Tell(new RunTally.RunState(Epoch: 1, Window: 2, WaitingBytes: 3, DurableAt: 0, LastEpoch: null));
        }

        var rows = Of("coke.run.rows{");
        Assert.Equal(RunTallies.Most + 1, rows.Length);
        Assert.Equal(3 * Runs, rows.Sum(one => one.Value));
        Assert.Equal(3 * (Runs - RunTallies.Most), rows.Single(one => one.Key.Contains(RunTallies.Others)).Value);
        Assert.Equal(RunTallies.Most, Of("coke.run.epoch{").Length); // several runs together have no open epoch

        // What leaves takes its label with it; what was counted with others stays counted, or a rate would be negative.
        foreach (var run in runs)
            run.Leave();
        Assert.Equal([$"coke.run.rows{{run={RunTallies.Others}}}"], Of("coke.run.rows{").Select(one => one.Key));
        Assert.Equal(3 * (Runs - RunTallies.Most), Of("coke.run.rows{").Sum(one => one.Value));

        KeyValuePair<string, double>[] Of(string name) =>
            [
                .. collected
                    .Collect()
                    .Where(one => one.Key.StartsWith(name + "run=many") || one.Key.StartsWith(name + "run=" + RunTallies.Others)),
            ];
    }

    [Fact]
    public void TwoRunsOfOneName_AreCountedTogetherUntilBothHaveLeft()
    {
        var tallies = new RunTallies();
        var (leaving, coming) = (tallies.Enter("run"), tallies.Enter("run"));
        leaving.Add(RunCount.Rows, 1);
        coming.Add(RunCount.Rows, 2);
        tallies.Leave("run", leaving);
        Assert.Equal(3, Assert.Single(tallies.All).Tally.Of(RunCount.Rows));
        tallies.Leave("run", coming);
        Assert.Empty(tallies.All);
    }

    [Fact]
    public void Trainers_AreToldWhileTheRunIsLive_AndOnlySoMany()
    {
        using var meter = new Meter(SiloMeter.Name, version: null, tags: null, scope: this); // silos of other tests have one too
        using var collected = new CollectedMetrics(this);
        var run = new RunMeter(new SiloMeter(meter, TimeProvider.System), "trained");
        run.Enter();
        run.Hear(0, loss: 2.5, imagesPerSecond: 100);
        run.Hear(1, loss: double.NaN, imagesPerSecond: null);
        run.Hear(SiloMeter.MostRanks, loss: 1, imagesPerSecond: 1);
        Assert.Empty(Told());
        run.Tell(new RunTally.RunState(Epoch: 1, Window: 0, WaitingBytes: 0, DurableAt: 0, LastEpoch: null));
        Assert.Equal(["coke.trainer.images{run=trained,rank=0}", "coke.trainer.loss{run=trained,rank=0}"], Told());
        run.Tell(null);
        Assert.Empty(Told());

        string[] Told() => [.. collected.Collect().Keys.Where(key => key.Contains("{run=trained,rank=")).Order(StringComparer.Ordinal)];
    }

    [Fact]
    public void MeterOfARunThatNeverWasHere_CountsForNobody()
    {
        var silo = new SiloMeter(null, TimeProvider.System);
        var run = new RunMeter(silo, "asked-for");
        run.Add(RunCount.Failures);
        run.Tell(null);
        run.Leave();
        Assert.Empty(silo.Runs.All);
    }
}
