namespace CoKe.Simulation.Tests;

/// <summary>A calm world with toys behind <see cref="IToyGrain"/>.</summary>
static class ToyWorld
{
    public static World Create(int seed = 1, int silos = 1, bool reentrant = false)
    {
        var world = new World(seed, trace: true);
        for (var i = 0; i < silos; i++)
            world.AddSilo();
        world.Kinds.Register<IToyGrain>(reentrant, (activation, _) => new Toy(activation, world));
        return world;
    }
}

static class ToyWorldExtensions
{
    public static IToyGrain Toy(this World world, string key = "a") => world.GrainFactory.GetGrain<IToyGrain>(key);

    public static Toy Core(this World world, string key = "a") => (Toy)world.Directory.Find<IToyGrain>(key)!.Core!;

    public static void Run(this World world, Func<Task> work) => world.Run(work, TimeSpan.FromHours(1));
}
