namespace CoKe.Simulation.Tests;

public sealed class RequestTests
{
    static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Fact]
    public void Call_EveryReturnType_ComesBack()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            Assert.Equal(3, await world.Toy().AddAsync(3));
            Assert.Equal(3, await world.Toy().ReadAsync());
            await world.Toy().TellAsync(2);
            await Task.Delay(Second, world.Time);
            Assert.Equal(5, await world.Toy().ReadAsync());
            var error = await Assert.ThrowsAsync<InvalidDataException>(async () => await world.Toy().FailAsync("no"));
            Assert.Equal("no", error.Message);
        });
    }

    [Fact]
    public void Requests_OfPlainKind_RunOneByOne()
    {
        var world = ToyWorld.Create();
        world.Run(() => Task.WhenAll(Enumerable.Range(0, 5).Select(_ => world.Toy().SlowAsync(Second))));
        Assert.Equal(1, world.Core().MostRunning);
        Assert.InRange(world.Now.TotalSeconds, 5, 5.1);
    }

    [Fact]
    public void Requests_OfReentrantKind_RunTogether()
    {
        var world = ToyWorld.Create(reentrant: true);
        world.Run(() => Task.WhenAll(Enumerable.Range(0, 5).Select(_ => world.Toy().SlowAsync(Second))));
        Assert.Equal(5, world.Core().MostRunning);
        Assert.InRange(world.Now.TotalSeconds, 1, 1.1);
    }

    [Fact]
    public void InterleavingMethod_WhileAnotherRuns_StartsAtOnce()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            var slow = world.Toy().SlowAsync(Second);
            var blocked = world.Toy().AddAsync(1);
            Assert.Equal(1, await world.Toy().PeekAsync());
            Assert.False(slow.IsCompleted || blocked.IsCompleted);
            await Task.WhenAll(slow, blocked);
        });
    }

    [Fact]
    public void Call_LongerThanItsTimeout_TimesOutAndStillRuns()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            await Assert.ThrowsAsync<TimeoutException>(() => world.Toy().HastyAsync(4 * Second));
            Assert.Equal(2, world.Now.TotalSeconds, 0.1);
            Assert.Equal(1, await world.Toy().PeekAsync());
            await Assert.ThrowsAsync<TimeoutException>(() => world.Toy().SlowAsync(40 * Second));
            Assert.Equal(32, world.Now.TotalSeconds, 0.1);
        });
    }

    [Fact]
    public void LostRequest_IsNotServed_LostReply_IsServed()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            world.Network.Faults = Faults.Calm with { LoseRequest = 1 };
            await Assert.ThrowsAsync<TimeoutException>(() => world.Toy().AddAsync(1));
            world.Network.Faults = Faults.Calm with { LoseReply = 1 };
            await Assert.ThrowsAsync<TimeoutException>(() => world.Toy().AddAsync(10));
            world.Network.Faults = Faults.Calm;
            Assert.Equal(10, await world.Toy().ReadAsync());
        });
    }

    [Fact]
    public void DoubledRequest_IsServedTwiceAndAnsweredOnce()
    {
        var world = ToyWorld.Create();
        world.Network.Faults = Faults.Calm with { Duplicate = 1 };
        world.Run(async () =>
        {
            Assert.Equal(1, await world.Toy().AddAsync(1));
            await Task.Delay(Second, world.Time);
            Assert.Equal(2, world.Core().Value);
        });
    }

    [Fact]
    public void RequestTurnedAway_IsNotServedAndItsCallerHearsAtOnce()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            world.Network.Faults = Faults.Calm with { TurnAway = 1 };
            await Assert.ThrowsAsync<OrleansMessageRejectionException>(() => world.Toy().AddAsync(1));
            Assert.InRange(world.Now.TotalSeconds, 0, 0.1);
            world.Network.Faults = Faults.Calm;
            Assert.Equal(0, await world.Toy().ReadAsync());
        });
    }

    [Fact]
    public void ResentRequest_IsServedTwiceAndAnsweredByTheSecond()
    {
        var world = ToyWorld.Create();
        world.Network.Faults = Faults.Calm with { Resend = 1 };
        world.Run(async () => Assert.Equal(2, await world.Toy().AddAsync(1)));
    }

    [Fact]
    public void SluggishTurn_WaitsForItsThread()
    {
        var world = ToyWorld.Create();
        world.Sluggishness = _ => Second;
        world.Run(async () => Assert.Equal(1, await world.Toy().AddAsync(1)));
        Assert.InRange(world.Now.TotalSeconds, 1, 10);
    }

    [Fact]
    public void DelayedRequest_ArrivesAfterItsCallerGaveUp()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            await world.Toy().AddAsync(1);
            world.Network.Faults = Faults.Calm with { LongDelay = 1, LongestDelay = TimeSpan.FromHours(1) };
            var late = world.Toy().AddAsync(10);
            world.Network.Faults = Faults.Calm;
            await Assert.ThrowsAsync<TimeoutException>(() => late);
            Assert.Equal(1, await world.Toy().ReadAsync());
            await Task.Delay(TimeSpan.FromHours(0.9), world.Time);
            Assert.Equal(11, await world.Toy().ReadAsync());
        });
    }

    [Fact]
    public void PostedFunction_ReachesTheCore()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            world.Network.Post<IToyGrain>("a", core => Task.FromResult(((Toy)core).Value = 7));
            await world.Network.Ask<IToyGrain>("a", core => Task.FromResult(Assert.IsType<Toy>(core).Value += 1));
            Assert.Equal(8, await world.Toy().ReadAsync());
        });
    }

    [Fact]
    public void PostedTurn_BetweenAwaits_RunsInOrderOnTheScheduler()
    {
        var world = ToyWorld.Create();
        world.Run(async () =>
        {
            await world.Toy().AddAsync(1);
            var slow = world.Toy().SlowAsync(Second);
            List<int> order = [];
            var toy = world.Core().Activation;
            toy.WorkItems.QueueAction(() => Assert.Same(toy, world.Current));
            for (var i = 0; i < 4; i++)
                toy.WorkItems.QueueAction(state => order.Add((int)state), i);
            await Task.Delay(Second / 10, world.Time);
            Assert.Equal([0, 1, 2, 3], order);
            Assert.False(slow.IsCompleted);
            await slow;
        });
    }
}
