using Scheduler.Benchmarks;

return args switch
{
    ["node-ours", ..] => await OurNode.Run(Options.Parse(args[1..])),
    ["node-vanilla", ..] => await VanillaNode.Run(Options.Parse(args[1..])),
    _ when args.Contains("--help") => Options.Usage(),
    [var name, ..] when Benchmarks.Find(name) is { } benchmark => await Session.Run(Options.Parse(args[1..]), benchmark),
    _ => Options.Usage(),
};
