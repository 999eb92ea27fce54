using CoKe.Faults.Tests.Schedules;
using Xunit.Abstractions;

namespace CoKe.Faults.Tests.Cases;

/// <summary>Random faults of silos, trainer and PostgreSQL; <c>dotnet run -c Release --project tests/Faults.Tests -- schedules --seed N</c>
/// repeats one.</summary>
[Collection(PostgresCollection.Name)]
public sealed class ScheduleTests(PostgresFixture postgres, ITestOutputHelper output)
{
    public static TheoryData<int> Seeds => [.. Enumerable.Range(0, Length.Of(1, 50))];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task RandomFaults_TheRunIsExact(int seed)
    {
        var schedule = Schedule.Of(seed);
        output.WriteLine($"{schedule.Silos} silos, {string.Join(", ", schedule.Faults)}");
        await schedule.RunAsync(postgres.Server, output);
    }
}
