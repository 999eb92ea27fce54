using System.Runtime.CompilerServices;
using CoKe.ConstrainedKMeans;

namespace CoKe.Simulation;

/// <summary>Carries requests and replies, and does to them what its <see cref="Faults"/> say.</summary>
public sealed class Network(World world)
{
    static readonly Action<object?> ArriveEvent = static state => ((Delivery)state!).Call.World.Network.Arrive((Delivery)state);
    static readonly Action<object?> AnswerEvent = static state => ((Reply)state!).Arrive();
    static readonly Action<object?> TimeOutEvent = static state => ((Call)state!).TimeOut();

    int _calls;

    /// <summary>What happens to messages from now on.</summary>
    public Faults Faults { get; set; } = Faults.Calm;

    /// <summary>Whether nothing passes between two processes (null: the test itself). For partitions.</summary>
    public Func<Silo?, Silo, bool>? IsCut { get; set; }

    /// <summary>Messages lost, doubled, delayed for long, and sent, so far.</summary>
    public (long Sent, long Lost, long Doubled, long Delayed) Counts { get; private set; }

    internal SeededRandom Random { get; } = world.RandomOf(1);

    /// <summary>Sends a function to a grain's core and forgets it. Subject to all faults and to the grain's scheduling, as a
    /// request.</summary>
    public void Post<TContract>(string key, Func<object, Task> deliver, string name = "post")
        where TContract : IGrainWithStringKey =>
        Send(new PostedCall(world, world.Kinds.Of(typeof(TContract)), key, _calls++, name, deliver, true, default));

    /// <summary>As <see cref="Post"/>, but with an answer: completes, fails or times out as a call.</summary>
    public Task Ask<TContract>(string key, Func<object, Task> deliver, string name = "ask", TimeSpan? timeout = null)
        where TContract : IGrainWithStringKey
    {
        var call = new PostedCall(
            world,
            world.Kinds.Of(typeof(TContract)),
            key,
            _calls++,
            name,
            deliver,
            false,
            timeout ?? ContractMethod.DefaultTimeout
        );
        Send(call);
        return call.Task;
    }

    internal int NextCallNumber() => _calls++;

    internal bool Happens(double probability) => probability > 0 && Random.NextUniform() < probability;

    internal TimeSpan DrawDetection() => Faults.Detection * (0.5 + Random.NextUniform());

    internal void Send(Call call)
    {
        world.CheckPlace($"A call of {call.MethodName}");
        if (call.Caller is { IsDead: true })
            return; // the last turn of a silo that was killed in it
        world.Trace.Add($"calls {call.Kind.Name}/{call.Key} {call.Label}");
        if (!call.OneWay)
            world.Schedule(call.Timeout.Ticks, TimeOutEvent, call);
        if (Strikes(call.Caller?.Silo, null) && Happens(Faults.Resend))
            Resend(call);
        else
            Dispatch(call, 0);
        if (Strikes(call.Caller?.Silo, null) && Happens(Faults.Duplicate))
        {
            Counts = Counts with { Doubled = Counts.Doubled + 1 };
            world.Trace.Add($"{call.Label} doubled");
            Dispatch(call, 0);
        }

        if (call.OneWay)
            call.Complete(Task.CompletedTask);
    }

    /// <summary>A request that reached an activation which has closed goes on to the next, at most twice.</summary>
    internal void Forward(Delivery delivery)
    {
        if (delivery.Hops >= 2)
            Fail(delivery.Call, Rejection($"{delivery.Call.Label} was forwarded too often."));
        else
            Dispatch(delivery.Call, delivery.Hops + 1, delivery.IsUnheard);
    }

    internal void Answer(Delivery delivery, Task work)
    {
        var call = delivery.Call;
        if (work.IsFaulted)
            world.Trace.Add($"{call.Label} threw {work.Exception.InnerException!.GetType().Name}: {work.Exception.InnerException.Message}");
        if (call.OneWay || call.IsCompleted || delivery.IsUnheard)
            return;
        var (from, to) = (delivery.Target.Silo, call.Caller?.Silo);
        if (to is not null && IsCut is { } cut && cut(from, to))
            return;
        if (Strikes(from, to) && Happens(Faults.LoseReply))
        {
            Lost($"reply of {call.Label}");
            return;
        }

        // What took the call that it made took its answer too.
        if (work.Exception?.InnerException is OrleansMessageRejectionException && Strikes(from, to) && Happens(Faults.TakeReply))
        {
            Lost($"reply of {call.Label}");
            SendAgain(call);
            return;
        }

        world.Schedule(Delay(from, to), AnswerEvent, new Reply(call, work));
    }

    internal void FailBySiloDeath(Call call, Silo silo)
    {
        if (Happens(Faults.SilentDeath))
            return;
        Fail(call, new SiloUnavailableException($"{silo.Name} is dead; it did not answer {call.Label}."));
    }

    void Fail(Call call, Exception error)
    {
        if (!call.OneWay)
            world.Schedule(Delay(null, null), AnswerEvent, new Reply(call, Task.FromException(error)));
    }

    void Resend(Call call)
    {
        world.Trace.Add($"{call.Label} will be sent again");
        Dispatch(call, 0, isUnheard: true);
        SendAgain(call);
    }

    void SendAgain(Call call) => world.Schedule(Faults.LongestResending * Random.NextUniform(), () => Dispatch(call, 0));

    void Dispatch(Call call, int hops, bool isUnheard = false)
    {
        Counts = Counts with { Sent = Counts.Sent + 1 };
        var from = call.Caller?.Silo;
        if (world.Directory.Resolve(call.Kind, call.Key, from, call.Home) is not { } target)
        {
            Fail(call, Rejection($"No silo can take {call.Kind.Name}/{call.Key}."));
            return;
        }

        if (Faults.StaleToo > 0 && world.Directory.FindForgotten(call.Kind, call.Key) is { } forgotten && forgotten != target)
            if (Happens(Faults.StaleToo))
                Carry(call, forgotten, hops, isUnheard);
        Carry(call, target, hops, isUnheard);
    }

    void Carry(Call call, Activation target, int hops, bool isUnheard)
    {
        var from = call.Caller?.Silo;
        if (!call.OneWay)
            target.Silo.Expect(call);
        if (IsCut is { } cut && cut(from, target.Silo))
            return;
        if (Strikes(from, target.Silo) && Happens(Faults.LoseRequest))
            Lost(call.Label);
        else if (Strikes(from, target.Silo) && Happens(Faults.TurnAway))
            Fail(call, Rejection($"{call.Label} was turned away: its connection broke."));
        else
            world.Schedule(Delay(from, target.Silo), ArriveEvent, new Delivery(call, target, hops, isUnheard));
    }

    void Arrive(Delivery delivery)
    {
        var target = delivery.Target;
        if (target.Silo.IsDead)
            return; // found out later, see Directory.Bury
        if (target.IsDead || target.IsClosed)
            Forward(delivery);
        else
            target.Receive(delivery);
    }

    void Lost(string what)
    {
        Counts = Counts with { Lost = Counts.Lost + 1 };
        world.Trace.Add($"{what} lost");
    }

    bool Strikes(Silo? from, Silo? to) => from != to || from is null || Faults.AffectLocal;

    long Delay(Silo? from, Silo? to)
    {
        var faults = Faults;
        if (!Strikes(from, to))
            return faults.LocalDelay.Ticks;
        if (Happens(faults.LongDelay))
        {
            Counts = Counts with { Delayed = Counts.Delayed + 1 };
            return (long)(faults.LongestDelay.Ticks * Random.NextUniform());
        }

        var least = from == to && from is not null ? faults.LocalDelay.Ticks : faults.LeastDelay.Ticks;
        return faults.MeanDelay > TimeSpan.Zero ? least - (long)(faults.MeanDelay.Ticks * Math.Log(1 - Random.NextUniform())) : least;
    }

    // Orleans keeps the constructor to itself.
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    static extern OrleansMessageRejectionException Rejection(string message);

    sealed record Reply(Call Call, Task Work)
    {
        public void Arrive()
        {
            var caller = Call.Caller;
            if (Call.World.Trace.On && !Call.IsCompleted && caller is not { IsDead: true })
                Call.World.Trace.Add($"{caller?.Name ?? "test"} hears {Call.Label}");
            Call.Complete(Work);
        }
    }
}
