using CoKe.Web.Watching;
using Microsoft.Extensions.Time.Testing;

namespace CoKe.Web.Tests.Watching;

/// <summary>One looks for all who watch.</summary>
public sealed class NewsTests
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    readonly FakeTimeProvider _time = new();
    readonly SemaphoreSlim _looked = new(0);
    int _looks;
    string _words = "first";

    [Fact]
    public async Task ManyWhoWatch_AreToldByOneLook()
    {
        var news = new News(LookAsync, _time);
        await using var one = news.FollowAsync(default).GetAsyncEnumerator();
        await using var other = news.FollowAsync(default).GetAsyncEnumerator();
        Assert.Equal("first", await NextAsync(one));
        Assert.Equal("first", await NextAsync(other));
        _words = "second";
        await LookAgainAsync();
        Assert.Equal("second", await NextAsync(one));
        Assert.Equal("second", await NextAsync(other));
        Assert.Equal(2, _looks);
    }

    [Fact]
    public async Task WhatIsTheSame_IsToldOnlyAfterLongSilence()
    {
        var news = new News(LookAsync, _time);
        await using var one = news.FollowAsync(default).GetAsyncEnumerator();
        Assert.Equal("first", await NextAsync(one));
        var next = one.MoveNextAsync().AsTask();
        for (var i = 0; i < 9; i++)
        {
            await LookAgainAsync();
            Assert.False(next.IsCompleted);
        }

        await LookAgainAsync();
        Assert.True(await next.WaitAsync(Patience));
        Assert.Equal(11, _looks);
    }

    [Fact]
    public async Task WhoIsSlow_IsToldWhatIsNewest()
    {
        var news = new News(LookAsync, _time);
        await using var quick = news.FollowAsync(default).GetAsyncEnumerator();
        await using var slow = news.FollowAsync(default).GetAsyncEnumerator();
        await NextAsync(quick);
        await NextAsync(slow);
        foreach (var words in new[] { "second", "third" })
        {
            _words = words;
            await LookAgainAsync();
            Assert.Equal(words, await NextAsync(quick));
        }

        Assert.Equal("third", await NextAsync(slow));
    }

    [Fact]
    public async Task NobodyLooks_WhenNobodyWatches_AndWhoComesLaterIsToldAfresh()
    {
        var news = new News(LookAsync, _time);
        await using (var one = news.FollowAsync(default).GetAsyncEnumerator())
            await NextAsync(one);
        Assert.True(news.IsIdle);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, _looks);
        _words = "later";
        await using var other = news.FollowAsync(default).GetAsyncEnumerator();
        Assert.Equal("later", await NextAsync(other));
    }

    [Fact]
    public async Task AfterTheLast_NothingFollows()
    {
        var news = new News(_ => Task.FromResult(new NewsItem("gone", "\"over\""u8.ToArray(), isLast: true)), _time);
        await using var one = news.FollowAsync(default).GetAsyncEnumerator();
        Assert.Equal("\"over\"", await NextAsync(one));
        Assert.False(await one.MoveNextAsync());
    }

    [Fact]
    public async Task ALookThatFails_EndsForAll_AndTheNextWatcherLooksAgain()
    {
        var fails = true;
        var news = new News(
            _ => fails ? throw new InvalidOperationException("unthought") : Task.FromResult(new NewsItem("run", "1"u8.ToArray())),
            _time
        );
        await using (var one = news.FollowAsync(default).GetAsyncEnumerator())
            await Assert.ThrowsAsync<InvalidOperationException>(() => one.MoveNextAsync().AsTask().WaitAsync(Patience));
        fails = false;
        await using var other = news.FollowAsync(default).GetAsyncEnumerator();
        Assert.Equal("1", await NextAsync(other));
    }

    Task<NewsItem> LookAsync(CancellationToken end)
    {
        Interlocked.Increment(ref _looks);
        _looked.Release();
        return Task.FromResult(new NewsItem("run", System.Text.Encoding.UTF8.GetBytes(_words)));
    }

    async Task LookAgainAsync()
    {
        while (_looked.Wait(0)) { }
        while (!await _looked.WaitAsync(0))
        {
            _time.Advance(TimeSpan.FromSeconds(1)); // the timer is set a moment after the look before
            await Task.Yield();
        }
    }

    static async Task<string> NextAsync(IAsyncEnumerator<NewsItem> from)
    {
        Assert.True(await from.MoveNextAsync().AsTask().WaitAsync(Patience));
        return System.Text.Encoding.UTF8.GetString(from.Current.Words);
    }
}
