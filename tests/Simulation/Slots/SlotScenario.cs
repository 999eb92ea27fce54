using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Durability;

namespace CoKe.Simulation.Slots;

/// <summary>A grain that keeps versions of itself, as blocks and shards do.</summary>
public interface IKeeperGrain : IGrainWithStringKey
{
    /// <summary>Obeys a later incarnation.</summary>
    Task RestoreAsync(int incarnation);

    /// <summary>Writes a version.</summary>
    [ResponseTimeout("00:00:03")]
    Task SaveAsync(int slot, int incarnation, long step);
}

/// <summary>Its rows, and the incarnation it obeys.</summary>
sealed class Keeper(World world, Activation activation)
{
    readonly SnapshotSlots _slots = new(world.Storage, activation.GrainId);
    int _incarnation;

    public Task RestoreAsync(int incarnation)
    {
        if (incarnation < _incarnation)
            throw new StaleCallException("keeper", "incarnation", incarnation, _incarnation);
        _incarnation = incarnation;
        return Task.CompletedTask;
    }

    public async Task SaveAsync(int slot, int incarnation, long step)
    {
        Check(incarnation);
        await _slots.SaveAsync(slot, incarnation, step, BitConverter.GetBytes(step), Check);
        Check(incarnation);
    }

    void Check(int incarnation)
    {
        if (incarnation != _incarnation)
            throw new StaleCallException("keeper", "incarnation", incarnation, _incarnation);
    }
}

/// <summary>
/// Rule 5 alone, and often: an owner has versions written and names them, gives up what takes long, and begins a new incarnation, while the
/// keeper's activations are forgotten and live on. Whatever lands when, no named version is written over.
/// </summary>
static class SlotScenario
{
    const int Versions = 30;

    public static Scenario Instance { get; } = new("slots", Run);

    static void Run(World world)
    {
        for (var i = 0; i < 3; i++)
            world.AddSilo();
        world.Kinds.Register<IKeeperGrain>(reentrant: true, (activation, _) => new Keeper(world, activation));
        var chaos = new Chaos(
            world,
            new ChaosOptions
            {
                Until = TimeSpan.FromSeconds(90),
                MeanInterval = TimeSpan.FromSeconds(1.5),
                Weights = new Dictionary<Trouble, double>
                {
                    [Trouble.Split] = 4,
                    [Trouble.Evict] = 1,
                    [Trouble.KillSilo] = 1,
                    [Trouble.StorageStorm] = 2,
                    [Trouble.NetworkStorm] = 1,
                },
            }
        );
        var owner = new Owner(world);
        var work = world.AddClient("owner").Run(owner.WorkAsync);
        var outcome = world.RunUntil(() => chaos.IsOver && work.IsCompleted, TimeSpan.FromMinutes(30), 1_000_000);
        if (outcome != Outcome.Done)
            throw new TimeoutException($"The owner did not end: {outcome} at {world.Now}.");
        work.GetAwaiter().GetResult();
        owner.CheckNamed();
    }

    /// <summary>Names versions, as a sequencer does in its manifest.</summary>
    sealed class Owner
    {
        readonly World _world;
        readonly SeededRandom _random;
        readonly IKeeperGrain _keeper;
        NamedSnapshots _named;

        public Owner(World world)
        {
            (_world, _random) = (world, world.RandomOf(9));
            _keeper = world.GrainFactory.GetGrain<IKeeperGrain>("one");
            world.Storage.OnWritten = (kind, _, _) =>
            {
                foreach (var named in new[] { _named.Current, _named.Boundary })
                {
                    if (named is { } name && SnapshotSlots.KindOf(name.Slot) == kind)
                        world.Break(new InvalidOperationException($"{kind} was written while the version of step {name.Step} is named."));
                }
            };
        }

        public async Task WorkAsync()
        {
            var step = 0L;
            for (var (incarnation, saved) = (1, 0); saved < Versions; incarnation++)
            {
                try
                {
                    await _keeper.RestoreAsync(incarnation);
                    for (; saved < Versions; saved++)
                    {
                        var slot = _named.FreeSlot;
                        await _keeper.SaveAsync(slot, incarnation, ++step);
                        var written = new SnapshotName(slot, incarnation, step, step);
                        _named = new NamedSnapshots(written, _random.NextInt32(3) == 0 ? written : _named.Boundary);
                        CheckNamed();
                        await Task.Delay(TimeSpan.FromSeconds(4 * _random.NextUniform()), _world.Time);
                    }
                }
                catch (Exception e) when (e is TimeoutException or OrleansException or StorageFaultException or StaleCallException)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(200), _world.Time);
                }
            }
        }

        /// <summary>What is named is there.</summary>
        public void CheckNamed()
        {
            var id = _world.Kinds.Of(typeof(IKeeperGrain)).IdOf("one");
            foreach (var named in new[] { _named.Current, _named.Boundary })
            {
                if (
                    named is { } name
                    && (
                        _world.Storage.Find(SnapshotSlots.KindOf(name.Slot), id)?.State is not SealedRow row
                        || (row.Incarnation, row.Step) != (name.Incarnation, name.Step)
                    )
                )
                    throw new InvalidOperationException($"The version of step {name.Step} is named and not there.");
            }
        }
    }
}
