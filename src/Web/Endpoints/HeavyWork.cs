namespace CoKe.Web.Endpoints;

/// <summary>Work that keeps processors busy for long: one at a time, on half of them, so that clustering goes on.</summary>
sealed class HeavyWork : IDisposable
{
    readonly SemaphoreSlim _turn = new(1, 1);

    /// <summary>Does it beside everything else.</summary>
    /// <param name="work">Is told how many threads it may use.</param>
    /// <param name="cancellation">Gives up waiting for the turn.</param>
    public async Task DoAsync(Action<int> work, CancellationToken cancellation)
    {
        await _turn.WaitAsync(cancellation);
        try
        {
            await Task.Run(() => work(Math.Max(1, Environment.ProcessorCount / 2)), CancellationToken.None);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}
