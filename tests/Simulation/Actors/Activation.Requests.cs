namespace CoKe.Simulation;

/// <summary>
/// Requests as Orleans serves them: one at a time, except that interleaving methods and reentrant kinds start at once and read-only ones
/// share. Activation comes before the first request, deactivation when no request runs.
/// </summary>
public sealed partial class Activation
{
    static readonly Action<object?> PumpTurn = static state => ((Activation)state!).RunPump();

    readonly List<Delivery> _waiting = [];
    Delivery? _blocking;
    Eviction? _eviction;
    bool _pumping;
    bool _opening;
    bool _closing;
    int _running;

    internal void Receive(Delivery delivery)
    {
        _waiting.Add(delivery);
        Pump();
    }

    void Pump()
    {
        if (_pumping || IsDead)
            return;
        _pumping = true;
        new Task(PumpTurn, this).Start(_scheduler);
    }

    void RunPump()
    {
        _pumping = false;
        if (_opening || _closing)
            return;
        if (_eviction is not null)
        {
            if (_running == 0)
                Close().Forget();
        }
        else if (Core is null)
        {
            Open().Forget();
        }
        else if (_waiting.FindIndex(MayStart) is >= 0 and var next)
        {
            var delivery = _waiting[next];
            _waiting.RemoveAt(next);
            Serve(delivery).Forget();
            if (_waiting.Count > 0)
                Pump();
        }
    }

    bool MayStart(Delivery delivery) =>
        _running == 0
        || Kind!.Reentrant
        || delivery.Call.AlwaysInterleave
        || _blocking is null
        || (_blocking.Call.ReadOnly && delivery.Call.ReadOnly);

    async Task Open()
    {
        _opening = true;
        try
        {
            World.Trace.Add("activates");
            var core = Kind!.Create(this, Key);
            Core = core;
            if (Kind.OnActivate is { } hook)
                await hook(core);
            _opening = false;
            Pump();
        }
        catch (Exception e)
        {
            World.Trace.Add($"activation failed: {e.GetType().Name}: {e.Message}");
            Leave();
            foreach (var delivery in _waiting)
                World.Network.Answer(delivery, Task.FromException(e));
            _waiting.Clear();
            Die();
            Silo.Remove(this);
        }
    }

    async Task Serve(Delivery delivery)
    {
        _running++;
        if (_blocking is null && !delivery.Call.AlwaysInterleave && !Kind!.Reentrant)
            _blocking = delivery;
        World.Trace.Add($"serves {delivery.Call.Label}");
        var judge = World.Judge?.Invoke(this, delivery.Call.Arguments);
        Task work;
        try
        {
            work = delivery.Call.Invoke(Core!);
        }
        catch (Exception e)
        {
            work = Task.FromException(e);
        }

        // At the very moment it ends: what comes a turn later may find another state.
        if (judge is not null)
            work.ContinueWith(judge, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Forget();
        await work.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        _running--;
        if (_blocking == delivery)
            _blocking = null;
        if (!IsDead)
            World.Network.Answer(delivery, work);
        if (_waiting.Count > 0 || _eviction is not null)
            Pump();
    }

    async Task Close()
    {
        _closing = true;
        World.Trace.Add("deactivates");
        try
        {
            if (Core is { } core && Kind!.OnDeactivate is { } hook)
                await hook(core);
        }
        catch (Exception e)
        {
            World.Trace.Add($"deactivation failed: {e.GetType().Name}: {e.Message}"); // Orleans logs it and goes on
        }

        Leave();
        foreach (var delivery in _waiting)
            World.Network.Forward(delivery);
        _waiting.Clear();
        if (_eviction == Eviction.Lingering)
            return; // calls that still reach this one are forwarded on arrival
        Die();
        Silo.Remove(this);
    }

    /// <summary>Whether requests that arrive here have to go elsewhere.</summary>
    internal bool IsClosed => _closing && IsZombie;
}

static class TaskExtensions
{
    /// <summary>Says that nobody awaits this task: it reports by itself.</summary>
    public static void Forget(this Task task) => _ = task;
}
