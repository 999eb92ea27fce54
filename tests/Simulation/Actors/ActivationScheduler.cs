namespace CoKe.Simulation;

/// <summary>Runs the turns of one activation in order, one per event. Nothing runs inline, and nothing runs after death.</summary>
sealed class ActivationScheduler(Activation activation) : TaskScheduler, IWorkItemScheduler
{
    static readonly Action<object?> RunNext = static state => ((ActivationScheduler)state!).RunOne();

    readonly Queue<Task> _ready = [];
    bool _armed;

    public override int MaximumConcurrencyLevel => 1;

    public void QueueAction(Action action) => new Task(action).Start(this);

    public void QueueAction(Action<object> action, object state) => new Task(action!, state).Start(this);

    void IWorkItemScheduler.QueueTask(Task task) => task.Start(this);

    public void Clear() => _ready.Clear();

    protected override void QueueTask(Task task)
    {
        activation.World.CheckThread($"A continuation of '{activation.Name}'");
        if (activation.IsDead)
            return;
        _ready.Enqueue(task);
        if (!_armed)
            Arm();
    }

    // Awaited code must come back as a turn of its own, whoever completed what it waits for.
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    protected override IEnumerable<Task> GetScheduledTasks() => _ready;

    void Arm()
    {
        _armed = true;
        var world = activation.World;
        if (activation.Kind is { } kind && world.Sluggishness?.Invoke(kind) is { Ticks: > 0 } late)
        {
            world.Schedule(late.Ticks, RunNext, this);
            return;
        }

        var jitter = (int)world.TurnJitter.Ticks;
        world.Schedule(jitter > 0 ? world.Network.Random.NextInt32(jitter + 1) : 0, RunNext, this);
    }

    void RunOne()
    {
        if (activation.IsDead)
            return;
        var world = activation.World;
        if (activation.Silo.PausedTicks is > 0 and var pause)
        {
            world.Schedule(pause, RunNext, this);
            return;
        }

        world.Current = activation;
        TryExecuteTask(_ready.Dequeue());
        world.Current = null;
        _armed = false;
        if (_ready.Count > 0)
            Arm();
    }
}
