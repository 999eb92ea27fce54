using CoKe.Web.Tests.Driving;

namespace CoKe.Web.Tests.Refusals;

/// <summary>A door with one run in its second epoch, at which nothing happens: whatever is refused must leave it as it is.</summary>
public sealed class IdleRun : IAsyncLifetime
{
    string _before = "";

    public OneDoor Door { get; } = new();

    internal HttpRun Run { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Door.InitializeAsync();
        Run = await Door.NewRunAsync();
        await Run.OpenedAsync();
        await Run.EpochAsync(Run.Rows());
        await Run.ProgressAsync(progress => progress.GetProperty("epoch").GetInt32() == 1);
        _before = await Run.StateAsync();
    }

    public Task DisposeAsync() => Door.DisposeAsync();

    /// <summary>Nothing has changed.</summary>
    internal async Task AssertUntouchedAsync() => Assert.Equal(_before, await Run.StateAsync());
}
