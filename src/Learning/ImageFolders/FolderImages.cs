using CoKe.Errors;
using CoKe.Learning.Images;

namespace CoKe.Learning.ImageFolders;

/// <summary>
/// Reads images of a folder ahead of their use: whole mini-batches in the order asked for, decoded by several threads, so many and no more.
/// What comes out, and when reading ends with an error, does not depend on how many threads there are. One reader at a time.
/// </summary>
public sealed class FolderImages : IImageSource
{
    /// <summary>So few unreadable images are borne in a folder of any size.</summary>
    const int AlwaysBorne = 10;

    readonly ImageFolder _folder;
    readonly ImageFolderOptions _options;
    readonly TaskScheduler _threads;
    readonly BatchDecoder _decoder;
    readonly SortedDictionary<int, UnreadableImage> _unreadable = [];

    /// <exception cref="InvalidOptionsException">Options that cannot work.</exception>
    public FolderImages(ImageFolder folder, ImageFolderOptions options)
    {
        options.Validate();
        (_folder, _options) = (folder, options);
        // One scheduler for all mini-batches that are read ahead, so that together they take so many threads.
        _threads = new ConcurrentExclusiveSchedulerPair(TaskScheduler.Default, options.Threads).ConcurrentScheduler;
        _decoder = new BatchDecoder(folder, options, _threads);
    }

    /// <inheritdoc/>
    public int Count => _folder.Paths.Count;

    /// <inheritdoc/>
    public int Channels => ImageFile.Channels;

    /// <inheritdoc/>
    public byte Largest => byte.MaxValue;

    /// <summary>Every image that could not be read so far, by id.</summary>
    public IReadOnlyCollection<UnreadableImage> Unreadable => _unreadable.Values;

    /// <summary>Whether reading goes on however many images are unreadable, even all: for images that nothing depends on.</summary>
    public bool BearsAll { get; init; }

    /// <summary>How many images may be unreadable.</summary>
    public int UnreadableLimit => BearsAll ? Count : Math.Min(Count - 1, Math.Max(AlwaysBorne, (int)(_options.UnreadableLimit * Count)));

    /// <inheritdoc/>
    /// <exception cref="UnreadableImagesException">More images cannot be read than <see cref="UnreadableLimit"/>.</exception>
    public IEnumerable<ReadBatch> Read(IEnumerable<int[]> batches, CancellationToken cancellation = default)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var ahead = new Queue<Task<ReadBatch>>();
        try
        {
            foreach (var ids in batches)
            {
                ahead.Enqueue(
                    Task.Factory.StartNew(() => _decoder.Decode(ids, stop.Token), stop.Token, TaskCreationOptions.None, _threads)
                );
                if (ahead.Count > _options.Prefetch)
                    yield return Checked(ahead.Dequeue());
            }
            while (ahead.Count > 0)
                yield return Checked(ahead.Dequeue());
        }
        finally
        {
            stop.Cancel();
            // Nobody takes these any more. They are waited for, so that nothing reads the folder after this.
            foreach (var batch in ahead)
                batch
                    .ContinueWith(
                        b =>
                        {
                            if (b.IsCompletedSuccessfully)
                                b.Result.Dispose();
                        },
                        CancellationToken.None,
                        TaskContinuationOptions.ExecuteSynchronously,
                        TaskScheduler.Default
                    )
                    .Wait(CancellationToken.None);
        }
    }

    /// <summary>
    /// Looks at the headers of at most <paramref name="most"/> of the images, evenly spread, and counts those that cannot be images;
    /// decodes none. What is read long afterwards can be said at once by it.
    /// </summary>
    public void LookAhead(int most)
    {
        int[] ids = [.. EvenlySpread.Of(most, Count)];
        var problems = new string?[ids.Length];
        Parallel.For(0, ids.Length, new ParallelOptions { MaxDegreeOfParallelism = _options.Threads }, i =>
            problems[i] = ImageFile.ProblemOf(Path.Combine(_folder.Root, _folder.Paths[ids[i]]), _options)
        );
        foreach (var (id, problem) in ids.Zip(problems).Where(pair => pair.Second is not null))
            _unreadable[id] = new UnreadableImage(id, _folder.Paths[id], problem!);
    }

    /// <summary>The median of the shorter sides of at most <paramref name="most"/> images, evenly spread, in pixels; null when none of them
    /// can be read.</summary>
    public int? TypicalSide(int most)
    {
        var sides = new List<int>();
        foreach (var id in EvenlySpread.Of(most, Count))
            if (
                ImageFile
                    .Open(
                        Path.Combine(_folder.Root, _folder.Paths[id]),
                        new ImageFolderOptions { MaxPixels = ImageFolderOptions.MostPixels }
                    )
                    .File is
                { } file
            )
                using (file)
                    sides.Add(Math.Min(file.Size.Height, file.Size.Width));
        sides.Sort();
        return sides.Count == 0 ? null : sides[sides.Count / 2];
    }

    /// <summary>Counts files that somebody else could not read: another trainer, which reads other parts of the mini-batches.</summary>
    /// <exception cref="UnreadableImagesException">More images cannot be read than <see cref="UnreadableLimit"/>.</exception>
    public void Add(IEnumerable<UnreadableImage> images)
    {
        foreach (var image in images)
            _unreadable[image.Id] = image;
        if (_unreadable.Count > UnreadableLimit)
            throw UnreadableImagesException.Of(_folder, _unreadable.Values, UnreadableLimit);
    }

    ReadBatch Checked(Task<ReadBatch> task)
    {
        var batch = task.GetAwaiter().GetResult();
        try
        {
            Add(batch.Unreadable);
            return batch;
        }
        catch
        {
            batch.Dispose();
            throw;
        }
    }
}
