// A script of Hexo's own kind: writes posts.json, what Hexo has made of every post.
hexo.extend.generator.register("posts", (site) => ({
  path: "posts.json",
  data: JSON.stringify(
    site.posts.toArray().map((post) => ({
      source: post.source,
      path: post.path,
      title: post.title,
      date: post.date.toISOString(),
      shown: post.date.format("YYYY-MM-DD HH:mm:ss"),
      author: post.author,
      comments: post.comments,
      categories: post.categories.toArray().map((category) => category.name),
      headimg: post.headimg,
      thumbnail: post.thumbnail,
      content: post.content,
    })),
  ),
}));
