using System.Diagnostics;
using Xunit.Abstractions;

namespace CoKe.Simulation.Tests;

public sealed class DeterminismTests(ITestOutputHelper output)
{
    [Fact]
    public void SameSeed_GivesTheSameTrace_WhateverGcAndOtherThreadsDo()
    {
        IReadOnlyCollection<string> TraceOf(int seed)
        {
            var world = new World(seed, trace: true);
            CounterScenario.Instance.Run(world);
            return world.Trace.Lines;
        }

        for (var seed = 0; seed < 10; seed++)
        {
            var first = TraceOf(seed);
            GC.Collect();
            IReadOnlyCollection<string>? second = null;
            var thread = new Thread(() => second = TraceOf(seed));
            thread.Start();
            _ = TraceOf(seed + 1);
            thread.Join();
            Assert.Equal(first, second);
            Assert.Contains(first, line => line.Contains("chaos", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Counter_OnManySeeds_HoldsItsInvariants() => Assert.Empty(SeedRunner.Run(CounterScenario.Instance, 0, 200));

    [Theory]
    [InlineData((int)Omission.Sequence)]
    [InlineData((int)Omission.Reread)]
    public void CounterWithoutARule_IsCaught_AndReplaysExactly(int omission)
    {
        var scenario = CounterScenario.Without((Omission)omission);
        var failures = SeedRunner.Run(scenario, 0, 50);
        Assert.NotEmpty(failures);
        output.WriteLine($"{failures.Count} of 50: {failures[0].Error.Message}");
        var again = SeedRunner.Replay(scenario, failures[0].Seed);
        Assert.Equal(failures[0].Trace, again.Trace);
        Assert.Equal(failures[0].Error.Message, again.Error.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CodeThatLeavesItsActor_IsFound(bool byConfigureAwait)
    {
        ThreadPool.SetMinThreads(16, 16); // the other tests hold the pool, and what goes astray has to get there
        var world = ToyWorld.Create();
        var error = Assert.Throws<EscapedException>(() =>
            world.Run(async () =>
            {
                if (byConfigureAwait)
                {
                    await Task.Delay(TimeSpan.FromSeconds(1), world.Time).ConfigureAwait(false);
                    await world.Toy().AddAsync(1);
                }
                else
                {
                    var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    // Later: a wait that is over before its await would not leave.
                    world.Schedule(TimeSpan.FromSeconds(1), source.SetResult);
                    await source.Task.WaitAsync(TimeSpan.FromDays(1), world.Time);
                }
            })
        );
        Assert.Contains("RunContinuationsAsynchronously", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TimeTools_OnVirtualTime_StayInTheActor()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            var (here, thread, started) = (TaskScheduler.Current, Environment.CurrentManagedThreadId, world.Time.GetTimestamp());
            var never = new TaskCompletionSource();
            await Assert.ThrowsAsync<TimeoutException>(() => never.Task.WaitAsync(TimeSpan.FromSeconds(3), world.Time));
            using var cancel = new CancellationTokenSource(TimeSpan.FromSeconds(4), world.Time);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never.Task.WaitAsync(cancel.Token));
            var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var timer = world.Time.CreateTimer(
                _ => source.TrySetResult(),
                null,
                TimeSpan.FromSeconds(1),
                Timeout.InfiniteTimeSpan
            );
            await source.Task;
            await Task.Yield();
            await Task.WhenAll(world.Toy("a").AddAsync(1), world.Toy("b").AddAsync(1)).WaitAsync(TimeSpan.FromSeconds(1), world.Time);
            Assert.Equal(8, world.Time.GetElapsedTime(started).TotalSeconds, 0.1);
            Assert.Equal((here, thread), (TaskScheduler.Current, Environment.CurrentManagedThreadId));
            Assert.Null(SynchronizationContext.Current);
        });
    }

    [Fact]
    public void Speed_IsPrinted()
    {
        var world = ToyWorld.Create();
        world.Trace.On = false;
        const int calls = 200_000;
        foreach (var label in new[] { "cold", "warm" })
        {
            var (events, watch) = (world.Events, Stopwatch.StartNew());
            world.Run(async () =>
            {
                for (var i = 0; i < calls; i++)
                    await world.Toy().AddAsync(1);
            });
            output.WriteLine(
                $"{label}: {watch.Elapsed.TotalMicroseconds / calls:F2} us per call, "
                    + $"{(world.Events - events) / watch.Elapsed.TotalSeconds / 1e6:F2} M events/s"
            );
        }
    }
}
