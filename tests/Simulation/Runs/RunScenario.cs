using CoKe.Abstractions;
using CoKe.ConstrainedKMeans;
using CoKe.Grains.Protocol;

namespace CoKe.Simulation.Runs;

/// <summary>A whole run, from its creation to its last boundary, under everything that can go wrong; drawn from the world's seed.</summary>
static class RunScenario
{
    static readonly TimeSpan Trouble = TimeSpan.FromSeconds(40);
    static readonly TimeSpan Limit = TimeSpan.FromHours(2);
    const long MostEvents = 5_000_000;

    public static Scenario Instance { get; } = new("run", Run);

    static void Run(World world)
    {
        var plan = new RunPlan(world.Seed);
        var random = world.RandomOf(300);
        for (var i = 0; i < plan.Silos; i++)
            world.AddSilo();
        var invariants = new Invariants(world, plan);
        var failpoints = new SimulatedFailpoints(world);
        var severity = random.NextInt32(3); // some runs see little, so that they get far; some see much
        if (severity > 0)
            foreach (var fate in new[] { Fate.KillSilo, Fate.Evict, Fate.Split, Fate.Delay })
                failpoints.Odds[fate] = 0.02 * severity;
        RunWorld.Register(world, plan, failpoints, invariants);
        failpoints.IsCalm = true;
        if (plan.HasEarlierLife)
            world.Run(() => EarlierLife.LiveAsync(world, plan), Limit);
        failpoints.IsCalm = false;
        invariants.Begin();
        var chaos = new Chaos(
            world,
            new ChaosOptions
            {
                Until = Trouble,
                MeanInterval = TimeSpan.FromSeconds(severity == 0 ? 15 : 4),
                MeanDuration = TimeSpan.FromSeconds(3),
                Weights = Enum.GetValues<Simulation.Trouble>()
                    .ToDictionary(
                        t => t,
                        t =>
                            t switch
                            {
                                Simulation.Trouble.Evict or Simulation.Trouble.Split when plan.IsTardy => 4.0,
                                Simulation.Trouble.JoinSilo or Simulation.Trouble.StopSilo => 2.0,
                                _ => 1.0,
                            }
                    ),
                Network = NetworkOf(plan, severity),
            }
        )
        {
            OnHealed = () => failpoints.IsCalm = true,
        };

        if (plan.IsForgetful)
            failpoints.Script = Forgetting(world, world.RandomOf(340), chaos);
        if (plan.IsSluggish)
            world.Sluggishness = Sluggishness(world.RandomOf(330), chaos);
        var created = world.AddClient("creator").Run(() => CreateAsync(world, plan));
        if (world.RunUntil(() => created.IsCompleted, Limit, MostEvents) != Outcome.Done)
            throw new ViolationException("The run was never created.");
        created.GetAwaiter().GetResult();
        var trainers = Enumerable.Range(0, plan.Trainers).Select(rank => new SimulatedTrainer(world, plan, rank, invariants)).ToArray();
        foreach (var trainer in trainers)
            trainer.Start();
        PlanReplacements(world, random, trainers);
        if (random.NextInt32(4) == 0)
            world.Schedule(TimeSpan.FromSeconds(40 * random.NextUniform()), () =>
                world.AddClient("operator").Run(() => RestoreAsync(world))
            );

        if (plan.IsDamaged)
            new Damage(world, plan, invariants, () => trainers.All(trainer => trainer.IsDone)).Plan();

        var outcome = world.RunUntil(() => chaos.IsOver && trainers.All(trainer => trainer.IsDone), Limit, MostEvents);
        if (outcome != Outcome.Done)
            throw new ViolationException(
                $"The run did not end: {outcome} at {world.Now}, epoch {invariants.Stored?.Epoch} of {plan.Epochs}."
            );
        world.Run(() => LastWordAsync(world, plan, invariants), Limit);
    }

    static Faults NetworkOf(RunPlan plan, int severity)
    {
        var network =
            plan.IsTardy ? Faults.Rough with { Duplicate = 0.2, LongDelay = 0.2, LongestDelay = TimeSpan.FromSeconds(4), StaleRoute = 0.5 }
            : severity == 0 ? Faults.Rough with { LoseRequest = 0.002, LoseReply = 0.002, LongDelay = 0.002 }
            : Faults.Rough;
        if (plan.IsForgetful)
            network = network with { StaleToo = 0.5, StaleNeighbor = 0.3 };
        // A reply is taken, and its request comes again, in the middle of a step: it takes a quiet time until the checkpoint that follows.
        if (plan is { HasBreaks: true, BreaksTakeReplies: true })
            return network with
            {
                TurnAway = 0.03,
                TakeReply = 0.9,
                LoseRequest = 0.002,
                LoseReply = 0.002,
                Duplicate = 0,
                LongDelay = 0.002,
            };
        // Little is lost besides: who waits for what was lost does nothing else for most of the troubled time.
        return plan.HasBreaks ? network with { TurnAway = 0.03, Resend = 0.03, LoseRequest = 0.002, LoseReply = 0.002 } : network;
    }

    /// <summary>What has a run recover, that silos came or went, has the directory lose clusters too: it forgets some before they are
    /// restored.</summary>
    static Func<Activation, string, int, Fate?> Forgetting(World world, SeededRandom random, Chaos chaos) =>
        (_, point, _) =>
        {
            if (point == Failpoints.RecoverySwapped && !chaos.IsOver)
                foreach (var cluster in world.Directory.Living(world.Kinds.Of(typeof(IClusterGrain))).ToArray())
                    if (random.NextUniform() < 0.3)
                        cluster.Split();
            return null; // the odds decide
        };

    /// <summary>A turn of a cluster waits at times, but not so long that its block gives it up.</summary>
    static Func<Kind, TimeSpan> Sluggishness(SeededRandom random, Chaos chaos) =>
        kind =>
            chaos.IsOver || kind.Contract != typeof(IClusterGrain) || random.NextUniform() >= 0.05
                ? default
                : TimeSpan.FromSeconds(3 * random.NextUniform());

    /// <summary>Trainers die and come back, or are replaced while they live.</summary>
    static void PlanReplacements(World world, SeededRandom random, SimulatedTrainer[] trainers)
    {
        foreach (var trainer in trainers)
        {
            for (var n = random.NextInt32(3); n > 0; n--)
            {
                var kill = random.NextInt32(2) == 0;
                world.Schedule(TimeSpan.FromSeconds(35 * random.NextUniform()), () =>
                {
                    if (trainer.IsDone)
                        return;
                    if (kill && trainer.Process is { } process)
                        world.Kill(process.Silo);
                    trainer.Start();
                });
            }
        }
    }

    static async Task CreateAsync(World world, RunPlan plan)
    {
        while (true)
        {
            try
            {
                await world.GrainFactory.GetGrain<IRunGrain>("run").CreateAsync(plan.Specification);
                return;
            }
            catch (Exception e) when (IsPassing(e))
            {
                await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
            }
        }
    }

    static async Task RestoreAsync(World world)
    {
        try
        {
            await world.GrainFactory.GetGrain<IRunGrain>("run").RestoreAsync();
        }
        catch (Exception e) when (IsPassing(e))
        {
            // As an operator would see it: perhaps done, perhaps not.
        }
    }

    /// <summary>The clusters as they live, then the end of the run: nothing of it may stay.</summary>
    static async Task LastWordAsync(World world, RunPlan plan, Invariants invariants)
    {
        var run = world.GrainFactory.GetGrain<IRunGrain>("run");
        var runId = "";
        await Patiently(world, async () => runId = await run.GetRunIdAsync());
        var sequencer = world.GrainFactory.GetGrain<ISequencerGrain>(runId);
        var forgotten = false;
        await Patiently(world, async () =>
        {
            await sequencer.StartAsync();
            var status = await sequencer.GetStatusAsync();
            try
            {
                await AskClustersAsync(status);
            }
            catch (Exception e) when (e is StaleCallException || (e is ViolationException && !forgotten))
            {
                // An instance on another silo that the directory forgot amid the last recovery tells its past until the next one.
                forgotten = e is ViolationException;
                await sequencer.ReportLostAsync(status.Incarnation);
                throw new StaleCallException("a cluster", "version", -1, -1);
            }
        });

        await FinishedAsync(world, run);
        await SettleAsync(world, plan, invariants, runId);

        async Task AskClustersAsync(RunStatus status)
        {
            for (var h = 0; h < plan.Specification.Clustering.Heads.Count; h++)
                for (var k = 0; k < plan.Specification.Clustering.Heads[h].ClusterCount; k++)
                    invariants.CheckCluster(
                        await world
                            .GrainFactory.GetGrain<IClusterGrain>(Keys.Cluster(runId, h, k))
                            .GetStatisticsAsync(status.RowsAccepted, status.Incarnation)
                    );
        }

        await Patiently(world, () => run.DeleteAsync(runId));
        var left = world
            .Storage.Rows.Where(row =>
                row.State is not null
                && (row.GrainId.Key.ToString() == "run" || row.GrainId.Key.ToString()!.StartsWith(runId, StringComparison.Ordinal))
            )
            .Select(row => $"{row.GrainId}/{row.StateName}")
            .ToArray();
        if (left.Length > 0)
            throw new ViolationException($"The deleted run left {string.Join(", ", left)}.");
        await ForgottenAsync(world, runId);
    }

    /// <summary>Every rank's last trainer has said that it is done, and whoever was fenced has not undone it: the run says so.</summary>
    static async Task FinishedAsync(World world, IRunGrain run)
    {
        for (var looks = 300; ; looks--) // a trainer that takes the rank of one that was done has to come to its end too
        {
            RunStatus? status = null;
            await Patiently(world, async () => status = await run.GetStatusAsync());
            if (status is not { Activity.Kind: not ActivityKind.Finished })
                return;
            if (looks == 0)
                throw new ViolationException($"All trainers are done, and the run says: {status.Activity}.");
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        }
    }

    /// <summary>Rule 10: when the silos stay what they are, the run comes to be spread evenly over them, every cluster with its
    /// block.</summary>
    static async Task SettleAsync(World world, RunPlan plan, Invariants invariants, string runId)
    {
        for (var looks = 300; ; looks--) // longer than any call may take: a head that waits for a silo that died leaves only then
        {
            if (Homes.Misplaced(world, plan, invariants.Stored!, runId) is not { } misplaced)
                return;
            if (looks == 0)
                throw new ViolationException(misplaced.What);
            // No trainer is left whose next mini-batch would find out.
            if (misplaced.IsGone)
                await Patiently(world, () =>
                    world.GrainFactory.GetGrain<ISequencerGrain>(runId).ReportLostAsync(invariants.Stored!.Incarnation)
                );
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        }
    }

    /// <summary>Of a deleted run nothing stays in memory but what the directory has forgotten, and what a message makes that comes later
    /// still.</summary>
    static async Task ForgottenAsync(World world, string runId)
    {
        if (world.Directory.Living().Any(grain => grain.IsZombie && grain.Key == runId))
            return; // an older sequencer, which may still bring up what it knows
        var living = world
            .Directory.Living()
            .Where(grain => !grain.IsZombie && (grain.Key == runId || grain.Key.StartsWith($"{runId}/", StringComparison.Ordinal)))
            .ToArray();
        for (var looks = 300; ; looks--) // longer than any call may take
        {
            living = [.. living.Where(grain => !grain.IsDead && !grain.IsZombie)];
            if (living.Length == 0)
                return;
            if (looks == 0)
                throw new ViolationException($"The deleted run still has {string.Join(", ", living.Select(grain => grain.Name))}.");
            await Task.Delay(TimeSpan.FromSeconds(1), world.Time);
        }
    }

    internal static async Task Patiently(World world, Func<Task> work)
    {
        for (var tries = 20; ; tries--)
        {
            try
            {
                await work();
                return;
            }
            catch (UnknownRunException)
            {
                return; // a deletion whose answer was lost
            }
            catch (Exception e) when (tries > 0 && (IsPassing(e) || e is StaleCallException))
            {
                await Task.Delay(TimeSpan.FromSeconds(2), world.Time);
            }
        }
    }

    internal static bool IsPassing(Exception e) =>
        e
            is TimeoutException
                or OrleansException
                or StorageFaultException
                or RunRecoveringException
                or Orleans.Storage.InconsistentStateException;
}
