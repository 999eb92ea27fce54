using System.Diagnostics;
using CoKe.Abstractions;
using CoKe.Client;

namespace CoKe.Benchmarks;

/// <summary>
/// How long a checkpoint of 12,000 clusters takes on a PostgreSQL server with its default settings, from the last step that it holds until
/// that is durable: copied, encoded, stored, and named by the manifest. The trainer pushes nothing meanwhile.
/// </summary>
static class PostgresBenchmark
{
    /// <summary>Mini-batches of a checkpoint.</summary>
    const int Interval = 64;

    const int Steps = (Load.N + Load.B - 1) / Load.B;

    /// <summary>Seconds.</summary>
    const double Budget = 1;

    public static async Task<BudgetTable> RunAsync(int rounds)
    {
        await using var server = await PostgresServer.StartNewAsync();
        var database = await server.CreateDatabaseAsync();
        await using var silo = await SiloProcess.StartAsync(interval: Interval, postgres: database);
        await using var coke = new CokeClient(silo.Client);
        var status = await coke.CreateRunAsync(new RunSpecification("checkpoint", Load.Options(3000, 4000, 5000)));
        await using var session = await coke.OpenSessionAsync(
            "checkpoint",
            0,
            new SessionOptions { Window = ISequencerGrain.ReorderCapacity }
        );
        var batches = Load.Batches(64, 2);
        var (first, all, boundaries, written) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        long total = 0;
        // The first epoch has no boundary behind it to write changes against, and warms everything up.
        for (var epoch = 0; epoch <= rounds; epoch++)
        {
            for (var step = 1; step <= Steps; step++)
            {
                var ids = Load.Ids(step - 1)[..Math.Min(Load.B, Load.N - ((step - 1) * Load.B))];
                await session.PushAsync(ids, batches[(step + (7 * epoch)) % batches.Length][..(ids.Length * Load.D)]);
                total++;
                if (step % Interval > 0)
                    continue;
                while (status.Step < total)
                    status = await coke.WaitForChangeAsync(status);
                var (started, log) = (Stopwatch.GetTimestamp(), await LogAsync());
                while (status.DurableStep < total)
                    status = await coke.WaitForChangeAsync(status);
                if (epoch == 0)
                    continue;
                all.Add(Stopwatch.GetElapsedTime(started).TotalSeconds);
                written.Add((await LogAsync() - log) / 1e6);
                if (step == Interval)
                    first.Add(all[^1]);
            }

            while (status.Step < total)
                status = await coke.WaitForChangeAsync(status);
            var ended = Stopwatch.GetTimestamp();
            await session.EndEpochAsync();
            if (epoch > 0)
                boundaries.Add(Stopwatch.GetElapsedTime(ended).TotalSeconds);
        }

        return new BudgetTable(
            "checkpoint",
            $"b {Load.B}, d {Load.D}, heads 3000,4000,5000, N {Load.N}; silo in its own process, PostgreSQL "
                + $"{await PostgresServer.AskAsync(database, "SHOW server_version")} with fsync "
                + $"{await PostgresServer.AskAsync(database, "SHOW fsync")}; {rounds} epochs",
            [
                new BudgetRow(
                    $"checkpoint of {Interval} mini-batches, the first of an epoch",
                    "s",
                    [.. first],
                    [],
                    [.. first.Select(s => s / Budget)],
                    Budget
                ),
                new BudgetRow(
                    "any checkpoint of an epoch, up to all of its labels",
                    "s",
                    [.. all],
                    [],
                    [.. all.Select(s => s / Budget)],
                    Budget
                ),
                new BudgetRow("server's log of a checkpoint", "MB", [.. written], [], [], null),
                new BudgetRow("end of an epoch: closed, stored whole, committed", "s", [.. boundaries], [], [], null),
                new BudgetRow(
                    "database at the end",
                    "MB",
                    [(long)(await PostgresServer.AskAsync(database, "SELECT pg_database_size(current_database())"))! / 1e6],
                    [],
                    [],
                    null
                ),
            ]
        );

        async Task<double> LogAsync() => (double)(decimal)(await PostgresServer.AskAsync(database, "SELECT pg_current_wal_lsn() - '0/0'"))!;
    }
}
