using CoKe.Grains.Protocol;

namespace CoKe.Simulation.Tests;

public sealed class LifecycleTests
{
    static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void KilledSilo_RunsNothing_FailsItsCalls_AndIsReplaced()
    {
        var world = ToyWorld.Create(silos: 2);
        world.Network.Faults = Faults.Calm with { SilentDeath = 0 };
        world.Run(async () =>
        {
            await world.Toy().AddAsync(1);
            var (old, ran) = (world.Core(), false);
            var slow = world.Toy().SlowAsync(Second);
            await Task.Delay(Second / 2, world.Time);
            old.Activation.WorkItems.QueueAction(() => ran = true);
            world.Kill(old.Activation.Silo);
            await Assert.ThrowsAsync<SiloUnavailableException>(() => slow);
            Assert.InRange(world.Now.TotalSeconds, 2.5, 9);
            Assert.Equal((1, false), (old.Running, ran));
            Assert.Equal(5, await world.Toy().AddAsync(5));
            Assert.NotSame(old.Activation.Silo, world.Core().Activation.Silo);
            Assert.True(old.Activation.IsDead);
        });
    }

    [Fact]
    public void SilentlyDeadSilo_LetsCallsTimeOut()
    {
        var world = ToyWorld.Create(silos: 2);
        world.Network.Faults = Faults.Calm with { SilentDeath = 1 };
        world.Run(async () =>
        {
            await world.Toy().AddAsync(1);
            world.Kill(world.Core().Activation.Silo);
            await Assert.ThrowsAsync<TimeoutException>(() => world.Toy().AddAsync(1));
        });
    }

    [Fact]
    public void NoLiveSilo_RejectsCallsUntilRevival()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            world.Kill(world.Silos[0]);
            await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => world.Toy().AddAsync(1));
            Assert.Equal("S0.1", world.Revive(world.Silos[0]).Name);
            Assert.Equal(1, await world.Toy().AddAsync(1));
        });
    }

    [Theory]
    [InlineData(Eviction.Graceful, true)]
    [InlineData(Eviction.Lingering, true)]
    [InlineData(Eviction.Abrupt, false)]
    public void Evict_WhileARequestRuns(Eviction how, bool ends)
    {
        var world = ToyWorld.Create();
        List<object> deactivated = [];
        world.Kinds.Of(typeof(IToyGrain)).OnDeactivate = core =>
        {
            deactivated.Add(core);
            return Task.CompletedTask;
        };

        world.Run(async () =>
        {
            await world.Toy().AddAsync(1);
            var old = world.Core();
            var slow = world.Toy().SlowAsync(Second);
            await Task.Delay(Second / 2, world.Time);
            old.Activation.Evict(how);
            var waiting = world.Toy().AddAsync(5);
            if (ends)
                await slow;
            else
                await Assert.ThrowsAsync<TimeoutException>(() => slow);
            Assert.Equal(5, await waiting);
            Assert.NotSame(old, world.Core());
            Assert.Equal(ends ? [old] : Array.Empty<object>(), deactivated);
            Assert.Equal(how != Eviction.Lingering, old.Activation.IsDead);
        });
    }

    [Fact]
    public void SplitActivation_LivesOnBesideItsSuccessor()
    {
        var world = ToyWorld.Create(silos: 2);
        world.Run(async () =>
        {
            await world.Toy().AddAsync(1);
            var zombie = world.Core();
            var slow = world.Toy().SlowAsync(Second);
            var calls = zombie.Activation.Run(async () =>
            {
                await Task.Delay(3 * Second, world.Time);
                return await world.Toy("b").AddAsync(7);
            });
            await Task.Delay(Second / 2, world.Time);
            zombie.Activation.Split();
            Assert.Equal(10, await world.Toy().AddAsync(10));
            Assert.NotSame(zombie, world.Core());
            await slow;
            Assert.Equal(7, await calls);
            world.Network.Faults = Faults.Calm with { StaleRoute = 1 };
            Assert.Equal(101, await world.Toy().AddAsync(100));
        });
    }

    [Fact]
    public void ExpelledSilo_GoesOnUntilItLearns()
    {
        var world = ToyWorld.Create(silos: 2);
        world.Run(async () =>
        {
            await world.Toy().AddAsync(1);
            var old = world.Core().Activation;
            world.Expel(old.Silo, 10 * Second);
            Assert.Equal(1, await world.Toy().AddAsync(1));
            Assert.True(old is { IsZombie: true, IsDead: false });
            await Task.Delay(11 * Second, world.Time);
            Assert.True(old.IsDead);
        });
    }

    [Fact]
    public void StoppedSilo_DeactivatesEverything()
    {
        var world = ToyWorld.Create(silos: 2);
        world.Run(async () =>
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => world.Toy($"{i}").AddAsync(1)));
            world.Stop(world.Silos[0], 30 * Second);
            await Task.Delay(Second, world.Time);
            Assert.True(world.Silos[0].IsDead);
            await Task.WhenAll(Enumerable.Range(0, 20).Select(i => world.Toy($"{i}").AddAsync(1)));
            Assert.Equal(20, world.Silos[1].Activations.Count);
        });
    }

    [Fact]
    public void PausedSilo_AnswersAfterThePause()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            await world.Toy().AddAsync(1);
            world.Pause(world.Silos[0], 10 * Second);
            await world.Toy().AddAsync(1);
            Assert.InRange(world.Now.TotalSeconds, 10, 10.1);
        });
    }

    [Fact]
    public void Failpoint_ThatKills_NeverPasses()
    {
        var world = ToyWorld.Create(silos: 2);
        var failpoints = new SimulatedFailpoints(world)
        {
            Script = (_, point, before) => point == "here" && before == 1 ? Fate.KillSilo : Fate.Pass,
        };
        world.Run(async () =>
        {
            await world.Toy().AddAsync(1);
            var (toy, passed) = (world.Core().Activation, 0);
            toy.Run(async () =>
                {
                    for (var i = 0; i < 3; i++)
                    {
                        await ((Failpoints)failpoints).Reach("here");
                        passed++;
                    }
                })
                .Forget();
            await Task.Delay(Second, world.Time);
            Assert.Equal((1, true, 2), (passed, toy.Silo.IsDead, failpoints.Reached["here"]));
        });
    }
}
