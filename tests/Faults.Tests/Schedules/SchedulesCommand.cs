using System.CommandLine;

namespace CoKe.Faults.Tests.Schedules;

/// <summary>Runs random schedules one after the other and says of each its seed, its faults and its result.</summary>
static class SchedulesCommand
{
    public static Command Create()
    {
        var seeds = new Option<int>("--seeds") { Description = "How many.", DefaultValueFactory = _ => 50 };
        var from = new Option<int>("--from") { Description = "The first seed." };
        var seed = new Option<int?>("--seed") { Description = "One seed alone; what its silos write is shown." };
        var command = new Command(
            "schedules",
            "Random faults of silos, trainer and PostgreSQL, each followed by a comparison with Algorithm 1 in one process."
        )
        {
            seeds,
            from,
            seed,
        };
        command.SetAction(
            (parse, cancellation) =>
                parse.GetValue(seed) is { } one
                    ? RunAsync([one], Console.WriteLine, cancellation)
                    : RunAsync(Enumerable.Range(parse.GetValue(from), parse.GetValue(seeds)), null, cancellation)
        );
        return command;
    }

    static async Task<int> RunAsync(IEnumerable<int> seeds, Action<string>? log, CancellationToken cancellation)
    {
        await using var postgres = await PostgresServer.StartNewAsync();
        var failed = 0;
        foreach (var seed in seeds)
        {
            if (cancellation.IsCancellationRequested)
                break;
            var schedule = Schedule.Of(seed);
            var began = TimeProvider.System.GetTimestamp();
            var result = "exact";
            try
            {
                await schedule.RunAsync(postgres, log is null ? null : new Printed(log));
            }
            catch (Exception e)
            {
                failed++;
                result = $"FAILED, repeat it with --seed {seed}: {(log is null ? e.Message.Split('\n')[0] : e)}";
            }

            Console.WriteLine(
                $"seed {seed}: {schedule.Silos} silos, {string.Join(", ", schedule.Faults)}: "
                    + $"{result} ({TimeProvider.System.GetElapsedTime(began).TotalSeconds:f0} s)"
            );
        }

        return failed == 0 ? 0 : 1;
    }

    sealed class Printed(Action<string> write) : Xunit.Abstractions.ITestOutputHelper
    {
        public void WriteLine(string message) => write(message);

        public void WriteLine(string format, params object[] args) => write(string.Format(format, args));
    }
}
