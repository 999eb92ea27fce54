using CoKe.Grains.Placement;

namespace CoKe.Simulation;

/// <summary>One call on its way, from its caller's await to its answer.</summary>
abstract class Call(World world, Kind kind, string key, int number) : ICancelable
{
    public World World => world;

    public Kind Kind => kind;

    public string Key => key;

    public Activation? Caller { get; } = world.Current;

    /// <summary>Where a new activation should be made; null: anywhere.</summary>
    public string? Home { get; } = RequestContext.Get(RestoreAtHome.Hint) as string;

    public abstract string MethodName { get; }

    public abstract bool AlwaysInterleave { get; }

    public abstract bool ReadOnly { get; }

    public abstract bool OneWay { get; }

    public abstract TimeSpan Timeout { get; }

    public string Label => $"{MethodName}!{number}";

    public bool IsCompleted { get; private set; }

    // The one event whose state is the call itself is its timeout.
    bool ICancelable.IsCancelled => IsCompleted;

    public abstract Task Invoke(object core);

    /// <summary>What it carries; nothing where a function was sent.</summary>
    public virtual IReadOnlyList<object?> Arguments => [];

    public void TimeOut()
    {
        if (IsCompleted || Caller is { IsDead: true })
            return;
        world.Trace.Add($"{Label} to {kind.Name}/{key} timed out");
        Fail(new TimeoutException($"{kind.Name}/{key} did not answer {Label} within {Timeout.TotalSeconds} s."));
    }

    public void Fail(Exception error) => Complete(Task.FromException(error));

    /// <summary>The first answer counts; it resumes the caller as a turn of its own.</summary>
    public void Complete(Task answer)
    {
        if (IsCompleted)
            return;
        IsCompleted = true;
        if (Caller is not { IsDead: true })
            Finish(answer);
    }

    protected abstract void Finish(Task answer);
}

/// <summary>A call of a contract's method. T is <see cref="Nothing"/> where the method has no result.</summary>
sealed class Call<T>(World world, Kind kind, string key, int number, ContractMethod method, object?[] args) : Call(world, kind, key, number)
{
    // Without RunContinuationsAsynchronously: that would send WhenAll and WaitAsync over this task to the thread pool. Continuations on an
    // activation's scheduler become turns of their own anyway.
    readonly TaskCompletionSource<T> _source = new();

    public Task<T> Task => _source.Task;

    public override string MethodName => method.Name;

    public override bool AlwaysInterleave => method.AlwaysInterleave;

    public override bool ReadOnly => method.ReadOnly;

    public override bool OneWay => method.OneWay;

    public override TimeSpan Timeout => method.Timeout;

    public override Task Invoke(object core) => method.Invoke(core, args);

    public override IReadOnlyList<object?> Arguments => args;

    protected override void Finish(Task answer)
    {
        if (answer.IsFaulted)
            _source.SetException(answer.Exception.InnerExceptions);
        else if (answer.IsCanceled)
            _source.SetException(new TaskCanceledException($"{Label} was cancelled at the grain."));
        else
            _source.SetResult(answer is Task<T> { Result: var result } ? result : default!);
    }
}

/// <summary>A function sent to a grain's core: deliveries of a stream, or a look inside.</summary>
sealed class PostedCall(
    World world,
    Kind kind,
    string key,
    int number,
    string name,
    Func<object, Task> deliver,
    bool oneWay,
    TimeSpan timeout
) : Call(world, kind, key, number)
{
    readonly TaskCompletionSource _source = new();

    public Task Task => _source.Task;

    public override string MethodName => name;

    public override bool AlwaysInterleave => false;

    public override bool ReadOnly => false;

    public override bool OneWay => oneWay;

    public override TimeSpan Timeout => timeout;

    public override Task Invoke(object core) => deliver(core);

    protected override void Finish(Task answer)
    {
        if (answer.IsFaulted)
            _source.SetException(answer.Exception.InnerExceptions);
        else if (answer.IsCanceled)
            _source.SetCanceled();
        else
            _source.SetResult();
    }
}

/// <summary>One arrival of a call at one activation; a duplicate makes two.</summary>
/// <param name="Call">What arrives.</param>
/// <param name="Target">Where.</param>
/// <param name="Hops">How often it was forwarded.</param>
/// <param name="IsUnheard">Its answer is lost.</param>
sealed record Delivery(Call Call, Activation Target, int Hops, bool IsUnheard);

/// <summary>The result of a method without one.</summary>
readonly struct Nothing;
