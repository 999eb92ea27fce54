using Orleans.Concurrency;

namespace CoKe.Simulation.Tests;

/// <summary>A toy contract with every kind of method.</summary>
public interface IToyGrain : IGrainWithStringKey
{
    Task<int> AddAsync(int n);

    ValueTask<int> ReadAsync();

    Task SlowAsync(TimeSpan time);

    [AlwaysInterleave]
    Task<int> PeekAsync();

    [ResponseTimeout("00:00:02")]
    Task HastyAsync(TimeSpan time);

    ValueTask FailAsync(string message);

    [OneWay]
    Task TellAsync(int n);
}

/// <summary>Counts; not an IToyGrain itself.</summary>
sealed class Toy(Activation activation, World world)
{
    readonly int _thread = Environment.CurrentManagedThreadId;

    public int Value { get; set; }

    public int Running { get; private set; }

    public int MostRunning { get; private set; }

    public Activation Activation => activation;

    public Task<int> AddAsync(int n) => Task.FromResult(Value += n);

    public ValueTask<int> ReadAsync() => new(Value);

    public Task<int> PeekAsync() => Task.FromResult(Running);

    public async Task SlowAsync(TimeSpan time)
    {
        MostRunning = Math.Max(MostRunning, ++Running);
        await Task.Delay(time, world.Time);
        Assert.Same(activation.Scheduler, TaskScheduler.Current);
        Assert.Equal(_thread, Environment.CurrentManagedThreadId);
        Running--;
    }

    public Task HastyAsync(TimeSpan time) => SlowAsync(time);

    public ValueTask FailAsync(string message) => throw new InvalidDataException(message);

    internal Task TellAsync(int n)
    {
        Value += n;
        return Task.CompletedTask;
    }
}
