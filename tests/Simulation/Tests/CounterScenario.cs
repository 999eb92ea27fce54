using CoKe.Grains.Protocol;
using Orleans.Storage;

namespace CoKe.Simulation.Tests;

/// <summary>A counter that clients raise under all faults: exactly once, by a sequence number in the row that the ETag guards.</summary>
public interface ICounterGrain : IGrainWithStringKey
{
    Task<int> RaiseAsync(string client, int sequence);
}

sealed record CounterState(int Total, IReadOnlyDictionary<string, int> Seen);

/// <summary>Which rule the counter leaves out.</summary>
enum Omission
{
    None,
    Sequence,
    Reread,
}

sealed class Counter(World world, Failpoints failpoints, Activation activation, Omission omission)
{
    readonly GrainState<CounterState> _state = new();

    public async Task Load()
    {
        await world.Storage.ReadStateAsync("counter", activation.GrainId, _state);
        if (!_state.RecordExists)
            _state.State = new CounterState(0, new Dictionary<string, int>());
    }

    public async Task<int> RaiseAsync(string client, int sequence)
    {
        var state = _state.State!;
        if (omission != Omission.Sequence && state.Seen.TryGetValue(client, out var seen) && seen >= sequence)
            return state.Total;
        await failpoints.Reach("before write");
        _state.State = new CounterState(state.Total + 1, new Dictionary<string, int>(state.Seen) { [client] = sequence });
        try
        {
            await world.Storage.WriteStateAsync("counter", activation.GrainId, _state);
        }
        catch
        {
            if (omission != Omission.Reread)
                activation.Evict(Eviction.Lingering); // the outcome is unknown: the next activation reads
            throw;
        }

        await failpoints.Reach("after write");
        return _state.State!.Total;
    }
}

static class CounterScenario
{
    const int Calls = 20;

    public static Scenario Instance { get; } = new("counter", world => Run(world, Omission.None));

    public static Scenario Without(Omission omission) => new($"counter without {omission}", world => Run(world, omission));

    static void Run(World world, Omission omission)
    {
        for (var i = 0; i < 3; i++)
            world.AddSilo();
        var failpoints = new SimulatedFailpoints(world)
        {
            Odds =
            {
                [Fate.KillSilo] = 0.01,
                [Fate.Evict] = 0.02,
                [Fate.Split] = 0.02,
                [Fate.Delay] = 0.02,
            },
        };
        var kind = world.Kinds.Register<ICounterGrain>(reentrant: false, (activation, _) =>
            new Counter(world, failpoints, activation, omission)
        );
        kind.OnActivate = core => ((Counter)core).Load();
        var chaos = new Chaos(world, new ChaosOptions { Until = TimeSpan.FromSeconds(60) }) { OnHealed = () => failpoints.IsCalm = true };

        var clients = Enumerable.Range(0, 3).Select(i => Client(world, $"c{i}")).ToArray();
        var written = 0;
        world.Storage.OnWritten = (_, _, state) =>
        {
            var now = ((CounterState)state).Total;
            if (now != written + 1)
                world.Break(new InvalidOperationException($"The stored total went from {written} to {now}."));
            written = now;
        };
        var outcome = world.RunUntil(() => chaos.IsOver && clients.All(c => c.IsCompleted), TimeSpan.FromMinutes(30), 1_000_000);
        if (outcome != Outcome.Done)
            throw new TimeoutException($"The clients did not end: {outcome} at {world.Now}.");
        foreach (var client in clients)
            client.GetAwaiter().GetResult();
        if (written != 3 * Calls)
            throw new InvalidOperationException($"{written} raises are stored, {3 * Calls} were made.");
    }

    static Task Client(World world, string name) =>
        world
            .AddClient(name)
            .Run(async () =>
            {
                for (var sequence = 1; sequence <= Calls; sequence++)
                {
                    while (true)
                    {
                        try
                        {
                            await world.GrainFactory.GetGrain<ICounterGrain>("one").RaiseAsync(name, sequence);
                            // So that the calls spread over all troubles.
                            await Task.Delay(TimeSpan.FromSeconds(4 * world.Random.NextUniform()), world.Time);
                            break;
                        }
                        catch (Exception e)
                            when (e is TimeoutException or OrleansException or InconsistentStateException or StorageFaultException)
                        {
                            await Task.Delay(TimeSpan.FromMilliseconds(500), world.Time);
                        }
                    }
                }
            });
}
